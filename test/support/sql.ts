import BetterSqlite from 'better-sqlite3'
import { createConnection } from 'mysql2/promise'
import type { TestApp } from './app.ts'

type SqlValue = string | number | bigint | Buffer | null

/** Runs SQL on the database of a service. */
export interface Sql {
  readonly isSqlite: boolean
  run(statement: string, values?: SqlValue[]): Promise<void>
  all<Row>(statement: string, values?: SqlValue[]): Promise<Row[]>
  close(): Promise<void>
}

export async function openSql({ env }: Pick<TestApp, 'env'>): Promise<Sql> {
  const url = env.DATABASE_URL ?? ''
  return url.startsWith('sqlite:') ? openSqlite(url.slice('sqlite:'.length)) : openMySql(url)
}

function openSqlite(path: string): Sql {
  // The library of the service. SQLite's locks belong to the process, so another copy that closes would end the service's.
  const database = new BetterSqlite(path, { timeout: 2000 })
  return {
    isSqlite: true,
    async run(statement, values = []) {
      database.prepare(statement).run(...values)
    },
    all: async <Row>(statement: string, values: SqlValue[] = []) => database.prepare(statement).all(...values) as Row[],
    async close() {
      database.close()
    },
  }
}

async function openMySql(url: string): Promise<Sql> {
  const connection = await createConnection(url)
  return {
    isSqlite: false,
    async run(statement, values) {
      await connection.query(statement, values)
    },
    all: async <Row>(statement: string, values?: SqlValue[]) => (await connection.query(statement, values))[0] as Row[],
    close: () => connection.end(),
  }
}

/** Makes every insertion into a table fail, but not its transaction. */
export async function refuseInserts(sql: Sql, table: string): Promise<{ end(): Promise<void> }> {
  const body = sql.isSqlite
    ? "begin select raise(abort, 'refused by the test'); end"
    : "signal sqlstate '45000' set message_text = 'refused by the test'"
  await sql.run(`create trigger refuse_${table} before insert on ${table} for each row ${body}`)
  return { end: () => sql.run(`drop trigger refuse_${table}`) }
}
