import { ActivityAction } from '../../activity/actions.ts'
import type { ActivityRow } from '../../activity/activity.row.ts'
import { readActivity } from '../../activity/imported-activity.ts'
import type { FieldFault } from '../../errors.ts'
import type { ProcessParts } from '../../services.ts'
import { ACCOUNT_FIELDS, type ImportedAccount, readAccount } from '../../users/imported-account.ts'
import type { ImportOptions, OnConflict } from '../../users/user-import.service.ts'
import type { Progress } from '../progress.ts'
import type { ImportReport } from './import-report.ts'
import { importServices } from './import-services.ts'
import { type Line, readJsonLines } from './json-lines.ts'

export interface FileImport {
  input: AsyncIterable<Buffer>
  /** Undefined where it is not known, as of standard input. */
  inputBytes: number | undefined
  onConflict: OnConflict
  isDryRun: boolean
  report: ImportReport
  progress: Progress
}

/** What a line holds; accounts and entries of one batch are written apart. */
type Read = { account: ImportedAccount } | { activity: ActivityRow } | { faults: FieldFault[] }

/** Lines that are written in one transaction: short enough to leave a running service its turn. */
const BATCH = 500
const NO_RECORD: FieldFault = { path: '', code: 'INVALID', message: 'This is not a JSON object of at most 64 KiB.' }

/** Imports JSON Lines as `export` writes them: an account a line, or an entry of the activity log. */
export async function importFile(parts: ProcessParts, options: FileImport): Promise<void> {
  const { input, inputBytes, report, progress } = options
  const importer = new FileImporter(parts, options)
  progress.start(inputBytes)
  try {
    let batch: Line[] = []
    for await (const line of readJsonLines(input)) {
      batch.push(line)
      if (batch.length < BATCH) continue
      await importer.import(batch)
      progress.update(inputBytes === undefined ? 0 : line.position, report.summary)
      batch = []
    }
    await importer.import(batch)
  } finally {
    progress.stop()
  }
  await report.end()
}

class FileImporter {
  readonly #options: ImportOptions
  readonly #isAction: (name: string) => boolean

  constructor(
    private readonly parts: ProcessParts,
    private readonly file: FileImport,
  ) {
    const dryRun = file.isDryRun ? new Set<string>() : undefined
    this.#options = { onConflict: file.onConflict, startedAt: parts.clock(), dryRun }
    const added = parts.features.flatMap(({ activityActions }) => Object.keys(activityActions ?? {}))
    const actions = new Set<string>([...Object.values(ActivityAction), ...added])
    this.#isAction = (name) => actions.has(name)
  }

  /** Tells of the lines in their order, once the batch is written. */
  async import(lines: readonly Line[]): Promise<void> {
    const { report } = this.file
    const { users, activities, roleNames } = importServices(this.parts)
    const roles = await roleNames()
    const read = lines.map((line) => this.#read(line, roles))
    const accounts = read.flatMap((one) => ('account' in one ? one.account : []))
    const rows = read.flatMap((one) => ('activity' in one ? one.activity : []))
    const outcomes = await users.importBatch(accounts, this.#options)
    report.counts.activities += this.#options.dryRun ? rows.length : await activities.importBatch(rows)
    for (const [index, one] of read.entries()) {
      const place = { line: lines[index]?.number ?? 0 }
      if ('faults' in one) await report.fail(place, one.faults)
      if ('account' in one) await report.add(place, outcomes.shift() ?? 'skipped')
    }
  }

  #read({ record }: Line, roles: ReadonlySet<string>): Read {
    if (record === null) return { faults: [NO_RECORD] }
    const now = this.parts.clock()
    const entry = record['activity']
    if (typeof entry === 'object' && entry !== null) {
      const activity = readActivity({ ...entry }, { now, isAction: this.#isAction })
      return Array.isArray(activity) ? { faults: activity } : { activity }
    }
    this.file.report.ignore(Object.keys(record).filter((name) => !ACCOUNT_FIELDS.has(name)))
    const account = readAccount(record, { now, isRole: (name) => roles.has(name) })
    return Array.isArray(account) ? { faults: account } : { account }
  }
}
