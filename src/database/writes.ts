import type { SqlEntityManager } from '@mikro-orm/mysql'
import { columnOf, type Entities, run } from './rows.ts'

/*
 * The two writes that all tables share, in the names of their entities. They are plain text, since putting one together
 * with Kysely costs half of what sending it and reading its answer does.
 */

/** Adds rows, in one statement. All have the properties of the first. */
export async function insertRows<Table extends keyof Entities>(
  em: SqlEntityManager,
  table: Table,
  entities: readonly Entities[Table][],
): Promise<void> {
  const [first] = entities
  if (!first) return
  const properties = Object.keys(first) as (keyof Entities[Table] & string)[]
  const row = `(${properties.map(() => '?').join(', ')})`
  const columns = properties.map(quoted).join(', ')
  const text = `insert into \`${table}\` (${columns}) values ${entities.map(() => row).join(', ')}`
  const values = entities.flatMap((entity) => properties.map((property) => entity[property]))
  await run(em, text, values)
}

/**
 * Changes the rows that have all the values of `where`, and returns how many there are. Properties of `changes` that
 * are undefined stay as they are; one of `where` never falls away, and matches nothing.
 */
export async function updateRows<Table extends keyof Entities>(
  em: SqlEntityManager,
  table: Table,
  changes: Partial<Entities[Table]>,
  where: Partial<Entities[Table]>,
): Promise<number> {
  const set = Object.entries(changes).filter(([, value]) => value !== undefined)
  const conditions = Object.entries(where)
  if (set.length === 0) return 0
  const text = `update \`${table}\` set ${set.map(isValue).join(', ')} where ${conditions.map(isValue).join(' and ')}`
  const values = [...set, ...conditions].map(([, value]) => value ?? null)
  return Number((await run(em, text, values)).numAffectedRows ?? 0)
}

function isValue([property]: [property: string, value: unknown]): string {
  return `${quoted(property)} = ?`
}

function quoted(property: string): string {
  return `\`${columnOf(property)}\``
}
