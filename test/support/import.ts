import type { Clock } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import { type ImportCounts, ImportReport } from '../../src/operations/import/import-report.ts'
import { type Operator, openOperator } from '../../src/operations/operator.ts'
import type { Progress } from '../../src/operations/progress.ts'
import type { OnConflict } from '../../src/users/user-import.service.ts'
import type { TestApp } from './app.ts'

export const NO_PROGRESS: Progress = { start: () => {}, update: () => {}, stop: () => {} }

export interface Told {
  counts: ImportCounts
  out: string
  /** The lines on standard error. */
  faults: string[]
}

interface Options {
  onConflict?: OnConflict
  isDryRun?: boolean
  json?: boolean
  clock?: Clock
}

/** Imports lines, objects as JSON, as the command does beside a running service. */
export async function importLines(
  { env }: Pick<TestApp, 'env'>,
  lines: readonly (object | string)[],
  { onConflict = 'fail', isDryRun = false, json = false, clock }: Options = {},
): Promise<Told> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
  return tellImport({ json, isDryRun, clock }, env, (operator, report) =>
    operator.importFile({
      input: pieces(Buffer.from(text)),
      inputBytes: undefined,
      onConflict,
      isDryRun,
      report,
      progress: NO_PROGRESS,
    }),
  )
}

export async function importFlask(
  { env }: Pick<TestApp, 'env'>,
  databaseUrl: string,
  { isDryRun = false }: Options = {},
): Promise<Told> {
  return tellImport({ json: false, isDryRun }, env, (operator, report) =>
    operator.importFlask({ databaseUrl, isDryRun, report, progress: NO_PROGRESS }),
  )
}

/** The lines that `export` writes. */
export async function exportLines({ env }: Pick<TestApp, 'env'>, activities = false): Promise<string[]> {
  const operator = await openOperator(readConfig(env))
  let text = ''
  const out = async (piece: string) => {
    text += piece
  }
  await operator.export({ activities, out, progress: NO_PROGRESS })
  await operator.close()
  return text.trimEnd().split('\n')
}

async function tellImport(
  { clock, ...options }: { json: boolean; isDryRun: boolean; clock?: Clock },
  env: Record<string, string>,
  work: (operator: Operator, report: ImportReport) => Promise<void>,
): Promise<Told> {
  const told = { out: '', err: '' }
  const writeTo = (name: 'out' | 'err') => async (text: string) => {
    told[name] += text
  }
  const report = new ImportReport({ ...options, out: writeTo('out'), err: writeTo('err') })
  const operator = await openOperator(readConfig(env), [], { clock })
  try {
    await work(operator, report)
  } finally {
    await operator.close()
  }
  const faults = told.err === '' ? [] : told.err.trimEnd().split('\n')
  return { counts: report.counts, out: told.out, faults }
}

/** In pieces that end amid lines and characters, as files are read. */
async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += 1021) yield bytes.subarray(from, from + 1021)
}
