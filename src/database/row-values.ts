import {
  type DialectAdapter,
  type KyselyPlugin,
  OperationNodeTransformer,
  type PrimitiveValueListNode,
  SqliteAdapter,
  type ValueNode,
} from 'kysely'
import type { Moment } from '../clock.ts'

/** By these names alone a column is known to hold a moment, or a boolean; a test holds the entities to it. */
export const MOMENT = /(?:At|From)$|^timestamp$/
export const FLAG = /(?:^|_)is[A-Z]/

/** An entity as the database returns it. */
export type Stored<Entity> = {
  [Property in keyof Entity]: Date extends Entity[Property] ? Entity[Property] | Moment : Entity[Property]
}

type Row = Record<string, unknown>

/** Dates and booleans are bound as each database keeps them, and returned as `Stored` says. */
export function valuesOfDatabase(adapter: DialectAdapter): KyselyPlugin {
  const sqliteValues = adapter instanceof SqliteAdapter ? new SqliteValues() : null
  return {
    transformQuery: ({ node, queryId }) => (sqliteValues ? sqliteValues.transformNode(node, queryId) : node),
    async transformResult({ result }) {
      convertRows(result.rows as Row[])
      return result
    },
  }
}

/** In place, and returns them: the driver has made these rows for us alone. */
export function convertRows<Found extends object>(found: Found[]): Found[] {
  const rows = found as Row[]
  const names = Object.keys(rows[0] ?? {})
  const moments = names.filter((name) => MOMENT.test(name))
  const flags = names.filter((name) => FLAG.test(name))
  for (const row of rows) {
    for (const name of moments) row[name] = toMoment(row[name] as string | number | null)
    for (const name of flags) row[name] = Boolean(row[name])
  }
  return found
}

/** MySQL's driver gives text in UTC with milliseconds, SQLite's the milliseconds that it keeps. */
function toMoment(value: string | number | null): Moment | null {
  if (value === null) return null
  return typeof value === 'string' ? `${value.replace(' ', 'T')}Z` : new Date(value).toISOString()
}

export function bindable(adapter: DialectAdapter, values: readonly unknown[]): unknown[] {
  return adapter instanceof SqliteAdapter ? values.map(toNumber) : (values as unknown[])
}

/** MySQL's driver binds dates and booleans by itself, SQLite's refuses them. */
class SqliteValues extends OperationNodeTransformer {
  protected override transformValue(node: ValueNode): ValueNode {
    return { ...node, value: toNumber(node.value) }
  }

  protected override transformPrimitiveValueList(node: PrimitiveValueListNode): PrimitiveValueListNode {
    return { ...node, values: node.values.map(toNumber) }
  }
}

function toNumber(value: unknown): unknown {
  return value instanceof Date || typeof value === 'boolean' ? Number(value) : value
}
