import type { SqlEntityManager } from '@mikro-orm/mysql'
import { CompiledQuery, type Kysely, type QueryResult } from 'kysely'
import type { Activity } from '../activity/activity.entity.ts'
import type { Session } from '../sessions/session.entity.ts'
import type { SessionValue } from '../sessions/session-value.entity.ts'
import type { User } from '../users/user.entity.ts'
import type { Guard } from './guard.entity.ts'
import { bindable, type Stored, valuesOfDatabase } from './row-values.ts'

/** Columns are their property's name in snake case, as MikroORM's naming strategy makes them. */
type ColumnName<Property extends string> = Property extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${ColumnName<Tail>}`
  : Property

type Columns<Entity> = { [Property in keyof Entity & string as ColumnName<Property>]: Stored<Entity>[Property] }

/** By the name of their table. */
export interface Entities {
  users: User
  sessions: Session
  session_values: SessionValue
  activities: Activity
  guards: Guard
}

export type Tables = { [Name in keyof Entities]: Columns<Entities[Name]> }

const known = new WeakMap<object, Kysely<Tables>>()

/**
 * Statements in the terms of the tables, for what is asked seldom. They run in the transaction of the entity manager
 * where there is one, and moments and booleans are what `Stored` says on every database.
 *
 * Not by MikroORM's own plugin for Kysely: it takes longer over a statement than the database.
 */
export function rows(em: SqlEntityManager): Kysely<Tables> {
  const kysely = em.getKysely<Tables>()
  const converting = known.get(kysely) ?? kysely.withPlugin(valuesOfDatabase(kysely.getExecutor().adapter))
  known.set(kysely, converting)
  return converting
}

/**
 * Runs a statement that is written already: putting it together with Kysely takes as long as all the rest of it.
 * @param text with `?` where the values go
 */
export async function run<Row>(
  em: SqlEntityManager,
  text: string,
  values: readonly unknown[],
): Promise<QueryResult<Row>> {
  const kysely = rows(em)
  const { adapter } = kysely.getExecutor()
  return kysely.executeQuery<Row>(CompiledQuery.raw(text, bindable(adapter, values)))
}

/** The rows of such a statement; with `columnList` in the names of their properties. */
export async function read<Row>(em: SqlEntityManager, text: string, values: readonly unknown[]): Promise<Row[]> {
  return (await run<Row>(em, text, values)).rows
}

/** How many rows there are. @param from `from …` with its conditions */
export async function count(em: SqlEntityManager, from: string, values: readonly unknown[]): Promise<number> {
  const [row] = await read<{ total: number | bigint }>(em, `select count(*) as total ${from}`, values)
  return Number(row?.total)
}

export interface ListedColumns {
  properties: readonly string[]
  /** Of the table in this statement. */
  alias?: string
  /** Before the property's name in the row, where two tables make one. */
  prefix?: string
}

/** Columns under the names of their properties, as they stand in a statement. */
export function columnList(...lists: ListedColumns[]): string {
  const columns = lists.flatMap(({ properties, alias, prefix = '' }) =>
    properties.map((property) => {
      const column = columnOf(property)
      const name = `${prefix}${property}`
      const path = alias === undefined ? `\`${column}\`` : `${alias}.\`${column}\``
      return column === name ? path : `${path} as \`${name}\``
    }),
  )
  return columns.join(', ')
}

const columnNames = new Map<string, string>()

export function columnOf<Property extends string>(property: Property): ColumnName<Property> {
  const name = columnNames.get(property) ?? property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  columnNames.set(property, name)
  return name as ColumnName<Property>
}
