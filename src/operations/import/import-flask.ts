import { ActivityAction } from '../../activity/actions.ts'
import type { ActivityRow } from '../../activity/activity.row.ts'
import { readActivity } from '../../activity/imported-activity.ts'
import { type FieldFault, StartRefusedError } from '../../errors.ts'
import type { ProcessParts } from '../../services.ts'
import { type ImportedAccount, type ImportRules, readAccount } from '../../users/imported-account.ts'
import type { Progress } from '../progress.ts'
import { accountRecordOf, activityRecordOf, type FlaskRow, idOf } from './flask-rows.ts'
import { FlaskSource } from './flask-source.ts'
import type { ImportReport } from './import-report.ts'
import { importServices } from './import-services.ts'

export interface FlaskImport {
  /** mysql://user:password@host:port/name of the template's database. */
  databaseUrl: string
  isDryRun: boolean
  report: ImportReport
  progress: Progress
}

const BATCH = 500
const NO_ACCOUNT: FieldFault = { path: 'user_id', code: 'INVALID', message: 'Its account was not imported.' }

/**
 * Imports the tables `users` and `activities` of a database that the Flask MVC template made. Safe to repeat: ids here
 * follow from the rows there, and an account that was imported once is not touched again, even if it is gone by now.
 */
export async function importFlask(parts: ProcessParts, options: FlaskImport): Promise<void> {
  const source = await FlaskSource.open(options.databaseUrl)
  try {
    const importer = new FlaskImporter(parts, source, options)
    await importer.run()
  } finally {
    options.progress.stop()
    await source.close()
  }
  await options.report.end()
}

class FlaskImporter {
  readonly #startedAt: Date
  readonly #dryRun: Set<string> | undefined
  #done = 0

  constructor(
    private readonly parts: ProcessParts,
    private readonly source: FlaskSource,
    private readonly options: FlaskImport,
  ) {
    this.#startedAt = parts.clock()
    this.#dryRun = options.isDryRun ? new Set() : undefined
  }

  async run(): Promise<void> {
    const users = await this.source.count('users')
    if (users === null) throw new StartRefusedError('The database at --database-url has no table users.')
    const activities = await this.source.count('activities')
    this.options.progress.start(users + (activities ?? 0))
    for await (const rows of this.source.batches('users', BATCH)) await this.#importUsers(rows)
    if (activities === null) return
    for await (const rows of this.source.batches('activities', BATCH)) await this.#importActivities(rows)
  }

  async #importUsers(rows: readonly FlaskRow[]): Promise<void> {
    const { report } = this.options
    const { users, activity, roleNames } = importServices(this.parts)
    const roles = await roleNames()
    const rules: ImportRules = { now: this.#startedAt, isRole: (name) => roles.has(name) }
    const ids = rows.map((row) => idOf(this.source.name, 'users', row))
    const before = await activity.findSubjects(ActivityAction.USER_IMPORTED, ids, this.#startedAt)
    const read = rows.map((row, index) => {
      const id = ids[index] ?? ''
      return before.has(id) ? 'skipped' : readAccount(accountRecordOf(id, row), rules)
    })
    const accounts = read.filter((one): one is ImportedAccount => typeof one === 'object' && !Array.isArray(one))
    const options = { onConflict: 'fail', startedAt: this.#startedAt, dryRun: this.#dryRun } as const
    const outcomes = await users.importBatch(accounts, options)
    for (const [index, row] of rows.entries()) {
      const one = read[index] ?? 'skipped'
      const isRead = typeof one === 'object' && !Array.isArray(one)
      await report.add(placeOf('users', row), isRead ? (outcomes.shift() ?? 'skipped') : one)
    }
    this.#advance(rows.length)
  }

  async #importActivities(rows: readonly FlaskRow[]): Promise<void> {
    const { report } = this.options
    const { activities } = importServices(this.parts)
    const accounts = await this.#accountsOf(rows)
    const entries: ActivityRow[] = []
    for (const row of rows) {
      const account = row['user_id'] == null ? { id: null, isHere: true } : accounts.get(String(row['user_id']))
      // The entries of an account that was deleted here went with its addresses, and stay away.
      if (account && !account.isHere) {
        report.counts.skipped += 1
        continue
      }
      const record = activityRecordOf(this.source.name, row, account?.id ?? null)
      const entry = readActivity(record, { now: this.#startedAt, isAction: () => true })
      const faults = [...(Array.isArray(entry) ? entry : []), ...(account ? [] : [NO_ACCOUNT])]
      if (faults.length > 0) await report.fail(placeOf('activities', row), faults)
      else if (!Array.isArray(entry)) entries.push(entry)
    }
    report.counts.activities += this.#dryRun ? entries.length : await activities.importBatch(entries)
    this.#advance(rows.length)
  }

  /** By the id there; an account that was never imported is not among them. In a dry run all are. */
  async #accountsOf(rows: readonly FlaskRow[]): Promise<Map<string, { id: string; isHere: boolean }>> {
    const { activity, userRepository } = importServices(this.parts)
    const wanted = new Set(rows.map((row) => row['user_id']).filter((id) => id != null))
    const found = await this.source.usersById([...wanted])
    const ids = new Map(found.map((row) => [String(row['id']), idOf(this.source.name, 'users', row)]))
    const here = new Set((await userRepository.findRows([...ids.values()])).map(({ id }) => id))
    const imported = await activity.findSubjects(ActivityAction.USER_IMPORTED, [...ids.values()], LATEST)
    const known = [...ids].filter(([, id]) => this.#dryRun || imported.has(id))
    return new Map(known.map(([key, id]) => [key, { id, isHere: here.has(id) || this.#dryRun !== undefined }]))
  }

  #advance(rows: number): void {
    this.#done += rows
    this.options.progress.update(this.#done, this.options.report.summary)
  }
}

const LATEST = new Date(Date.UTC(9999, 11, 31))

function placeOf(table: string, row: FlaskRow) {
  return { table, row: String(row['id']) }
}
