import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { SqliteDialect, type SqliteStatement } from 'kysely'
import type { DatabaseObserver, OnStatement } from './observer.ts'

/** The longest wait of one attempt for SQLite's lock. It blocks the event loop, so transactions retry instead. */
const LOCK_WAIT_MS = 200

/**
 * SQLite for Kysely and MikroORM. Unlike its driver alone, it binds dates and booleans, and ignores a rollback after
 * SQLite has rolled back by itself (as on a full disk), which would fail and leave the connection in use.
 *
 * @param path of the file, whose folder is created, or `:memory:`
 */
export function createSqliteDialect(path: string, { onQuery, onStatement }: DatabaseObserver = {}): SqliteDialect {
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
        const prepare = () => bindingMore(database.prepare(isDone ? 'select 1' : sql))
        return onStatement ? observed(prepare, sql, onStatement) : prepare()
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

/** The driver's own `verbose` tells no end. Statements that are streamed are not told. */
function observed(prepare: () => SqliteStatement, sql: string, onStatement: OnStatement): SqliteStatement {
  const told = <Result>(work: () => Result): Result => {
    const onEnd = onStatement(sql)
    return attempt(work, (error) => onEnd?.(error))
  }
  // A statement that cannot be prepared never runs.
  const statement = attempt(prepare, (error) => error && onStatement(sql)?.(error))
  return {
    reader: statement.reader,
    all: (values) => told(() => statement.all(values)),
    run: (values) => told(() => statement.run(values)),
    iterate: (values) => statement.iterate(values),
  }
}

/** @param onEnd called with the error, or without one */
function attempt<Result>(work: () => Result, onEnd: (error?: unknown) => void): Result {
  try {
    const result = work()
    onEnd()
    return result
  } catch (error) {
    onEnd(error)
    throw error
  }
}

/** Dates as milliseconds and booleans as 0 and 1, as MikroORM keeps them. */
function bindable(value: unknown): unknown {
  return value instanceof Date || typeof value === 'boolean' ? Number(value) : value
}
