import { UniqueConstraintViolationException } from '@mikro-orm/core'
import type { ActivityRepository } from './activity.repository.ts'
import type { ActivityRow } from './activity.row.ts'

/** Takes over entries of other programs, for operators. Safe to repeat: an id that is there is skipped. */
export class ActivityImportService {
  constructor(private readonly activities: ActivityRepository) {}

  /** Returns how many were new. */
  async importBatch(rows: readonly ActivityRow[]): Promise<number> {
    const unique = [...new Map(rows.map((row) => [row.id, row])).values()]
    const known = new Set(await this.activities.findExistingIds(unique.map(({ id }) => id)))
    const fresh = unique.filter(({ id }) => !known.has(id))
    if (fresh.length === 0) return 0
    try {
      await this.activities.insertMany(fresh)
      return fresh.length
    } catch (error) {
      // Another import of the same entries was first.
      if (!(error instanceof UniqueConstraintViolationException)) throw error
      return fresh.length === 1 ? 0 : this.#oneByOne(fresh)
    }
  }

  async #oneByOne(rows: readonly ActivityRow[]): Promise<number> {
    let total = 0
    for (const row of rows) total += await this.importBatch([row])
    return total
  }
}
