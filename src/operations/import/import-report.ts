import type { FieldFault } from '../../errors.ts'
import type { ImportOutcome } from '../../users/user-import.service.ts'
import type { Write } from '../write.ts'

export interface ImportCounts {
  imported: number
  updated: number
  /** Already there from an earlier run, in conflict where that is skipped, or of an account that was deleted since. */
  skipped: number
  /** Accounts and entries of which nothing was kept. */
  failed: number
  /** Entries of the activity log. */
  activities: number
}

/** Where a record came from: `{ line: 7 }`, or `{ table: 'users', row: '7' }`. */
export type Place = { line: number } | { table: string; row: string }

export interface ReportOptions {
  json: boolean
  isDryRun: boolean
  out: Write
  err: Write
}

/**
 * Tells what an import did. As text, a line for each fault on standard error and the counts on standard output. As JSON,
 * one object on standard output, whose list of faults is written as they come, so that memory stays flat.
 */
export class ImportReport {
  readonly counts: ImportCounts = { imported: 0, updated: 0, skipped: 0, failed: 0, activities: 0 }
  readonly #ignored = new Set<string>()
  #faults = 0

  constructor(private readonly options: ReportOptions) {}

  async add(place: Place, outcome: ImportOutcome): Promise<void> {
    if (typeof outcome === 'string') this.counts[outcome] += 1
    else await this.fail(place, outcome)
  }

  async fail(place: Place, faults: readonly FieldFault[]): Promise<void> {
    this.counts.failed += 1
    for (const fault of faults) await this.#tell(place, fault)
  }

  /** Names of fields that are not read: a misspelt one would otherwise be lost unnoticed. Keeps some of them. */
  ignore(names: Iterable<string>): void {
    for (const name of names) if (this.#ignored.size < MOST_NAMES) this.#ignored.add(name.slice(0, NAME_LENGTH))
  }

  get summary(): string {
    const { imported, updated, skipped, failed, activities } = this.counts
    const entries = activities > 0 ? `, ${activities} activities` : ''
    return `${imported} imported, ${updated} updated, ${skipped} skipped, ${failed} refused${entries}`
  }

  async end(): Promise<void> {
    const { json, isDryRun, out, err } = this.options
    const ignoredFields = [...this.#ignored].toSorted()
    if (json) {
      const rest = JSON.stringify({ ...this.counts, dryRun: isDryRun, ignoredFields }).slice(1)
      return out(`${this.#faults === 0 ? '{"faults":[' : ''}],${rest}\n`)
    }
    if (ignoredFields.length > 0) await err(`Fields that are not read: ${ignoredFields.map(visible).join(', ')}\n`)
    await out(`${isDryRun ? 'Would be: ' : ''}${this.summary}\n`)
  }

  async #tell(place: Place, { path, code, message }: FieldFault): Promise<void> {
    this.#faults += 1
    if (this.options.json) {
      const fault = JSON.stringify({ ...place, path, code, message })
      return this.options.out(`${this.#faults === 1 ? '{"faults":[' : ','}${fault}`)
    }
    const where = 'line' in place ? `line ${place.line}` : `${place.table} ${place.row}`
    await this.options.err(`${where}: ${path === '' ? '' : `${path}: `}${message}\n`)
  }
}

const MOST_NAMES = 20
const NAME_LENGTH = 40

/** Names come from the input: nothing in them may control a terminal. */
function visible(name: string): string {
  return name.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?')
}
