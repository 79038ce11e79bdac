import { type RawBuilder, sql } from 'kysely'

/** Property names in snake case, as MikroORM's UnderscoreNamingStrategy makes column names of them. */
type SnakeCase<Name extends string> = Name extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${SnakeCase<Tail>}`
  : Name

/** MySQL's driver returns dates as text and SQLite's as milliseconds; both return booleans as 0 and 1. */
type Stored<Value> = Value extends Date ? Date | string | number : Value extends boolean ? boolean | number : Value

/** The table of an entity in the types of Kysely: `em.getKysely<{ users: TableOf<User> }>()`. */
export type TableOf<Entity> = {
  [Property in keyof Entity & string as SnakeCase<Property>]: Stored<Entity[Property]>
}

/** A row as the driver returns it, before its dates and booleans are converted. */
export type StoredRow<Row> = { [Property in keyof Row]: Stored<Row[Property]> }

type Selected<Property extends string> =
  Property extends SnakeCase<Property> ? Property : `${SnakeCase<Property>} as ${Property}`

/** Columns for Kysely's `select`, each under the name of its property. */
export function columnsOf<const Property extends string>(properties: readonly Property[]): Selected<Property>[] {
  return properties.map((property) => {
    const column = property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    return column === property ? property : `${column} as ${property}`
  }) as Selected<Property>[]
}

/** Text is MySQL's `2026-01-31 12:00:00.000`, in UTC; numbers are SQLite's milliseconds. */
export function toDate(value: Date | string | number): Date {
  return new Date(typeof value === 'string' ? `${value.replace(' ', 'T')}Z` : value)
}

export function toDateOrNull(value: Date | string | number | null): Date | null {
  return value === null ? null : toDate(value)
}

/**
 * A column that SQLite does not look up in an index, where another condition selects fewer rows: without statistics it
 * takes the index made last. MySQL and MariaDB ignore the plus and choose by their statistics.
 */
export function unindexed<Value>(column: string): RawBuilder<Value> {
  return sql<Value>`+${sql.ref(column)}`
}
