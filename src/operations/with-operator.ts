import { readProcessConfig } from '../config.ts'
import type { Operator } from './operator.ts'

/** Opens the configured database for a command. It writes no log: the service may be writing to the same file. */
export async function withOperator<T>(work: (operator: Operator) => Promise<T>): Promise<T> {
  // Imported late, so that --help and usage errors do not load the whole service.
  const { openOperator } = await import('./operator.ts')
  const operator = await openOperator({ ...readProcessConfig(), log: { level: 'silent', file: undefined } })
  try {
    return await work(operator)
  } finally {
    await operator.close()
  }
}
