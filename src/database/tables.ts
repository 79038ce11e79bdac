import type { Activity } from '../activity/activity.entity.ts'
import type { Session } from '../sessions/session.entity.ts'
import type { SessionValue } from '../sessions/session-value.entity.ts'
import type { User } from '../users/user.entity.ts'
import type { Guard } from './guard.entity.ts'
import type { Stored } from './row-values.ts'

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
  const known = columnNames.get(property)
  if (known !== undefined) return known as ColumnName<Property>
  const name = property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  columnNames.set(property, name)
  return name as ColumnName<Property>
}
