import { readProcessConfig } from '../config.ts'
import type { Operator } from './operator.ts'

/** No request waits for a command, and a batch of an import may take a busy server longer than one. */
const LEAST_TIMEOUT_MS = 10_000

/** Opens the configured database for a command. It writes no log: the service may be writing to the same file. */
export async function withOperator<T>(work: (operator: Operator) => Promise<T>): Promise<T> {
  // Imported late, so that --help and usage errors do not load the whole service.
  const { openOperator } = await import('./operator.ts')
  const config = readProcessConfig()
  const database = { ...config.database, timeoutMs: Math.max(config.database.timeoutMs, LEAST_TIMEOUT_MS) }
  const operator = await openOperator({ ...config, database, log: { level: 'silent', file: undefined } })
  try {
    return await work(operator)
  } finally {
    await operator.close()
  }
}
