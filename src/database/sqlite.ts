import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { SqliteDialect, type SqliteStatement } from 'kysely'

/** How long one attempt waits for SQLite's lock; it blocks the event loop, so transactions retry instead of waiting. */
const LOCK_WAIT_MS = 200

/**
 * SQLite for Kysely and MikroORM, with what its driver lacks beside MySQL's: it binds dates and booleans, and takes a
 * rollback where SQLite has rolled back by itself (a full disk does that), after which nothing else could be sent.
 *
 * @param path of the file, whose folder is made, or `:memory:`
 * @param onQuery told of each statement
 */
export function createSqliteDialect(path: string, onQuery?: (sql: string) => void): SqliteDialect {
  if (path !== ':memory:') mkdirSync(dirname(resolve(path)), { recursive: true })
  const database = new BetterSqlite(path, {
    timeout: LOCK_WAIT_MS,
    ...(onQuery && { verbose: (sql) => onQuery(String(sql)) }),
  })
  database.pragma('journal_mode = wal')
  database.pragma('synchronous = full')
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare: (sql) => {
        const isDone = sql === 'rollback' && !database.inTransaction
        return bindingMore(database.prepare(isDone ? 'select 1' : sql))
      },
    },
  })
}

function bindingMore(statement: BetterSqlite.Statement): SqliteStatement {
  return {
    reader: statement.reader,
    all: (values) => statement.all(...values.map(bindable)),
    run: (values) => statement.run(...values.map(bindable)),
    iterate: (values) => statement.iterate(...values.map(bindable)),
  }
}

/** Dates as milliseconds and booleans as 0 and 1, as MikroORM keeps them. */
function bindable(value: unknown): unknown {
  return value instanceof Date || typeof value === 'boolean' ? Number(value) : value
}
