import { Writable } from 'node:stream'
import { createConnection } from 'mysql2/promise'
import { inject } from 'vitest'
import { type Backend, createTestApp, type TestApp } from '../support/app.ts'
import { createDatabase } from '../support/mariadb.ts'
import type { Sql } from '../support/sql.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

export const DATABASE_PASSWORD = 'database-hunter2'

export interface LoggingApp {
  app: TestApp
  /** What was written to the log, one element for each write. */
  lines: string[]
  logDestination: Writable
  /** The proxy in front of MySQL. */
  proxy: TcpProxy | undefined
}

/** A service that logs at the lowest level, to a list. Its MySQL has a password and a proxy. */
export async function startLogging(backend: Backend): Promise<LoggingApp> {
  const lines: string[] = []
  const logDestination = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line))
      done()
    },
  })
  const { url, proxy } = backend === 'mysql' ? await databaseWithPassword() : {}
  const env = { LOG_LEVEL: 'trace', REFRESH_GRACE: '0', AUDIT_REQUIRED: 'true', ...(url && { DATABASE_URL: url }) }
  const app = await createTestApp({ backend, env, logDestination })
  return { app, lines, logDestination, proxy }
}

async function databaseWithPassword(): Promise<{ url: string; proxy: TcpProxy }> {
  const url = new URL(await createDatabase(inject('mariaDbUrl') ?? ''))
  const user = `gate${process.pid}`
  const root = await createConnection(inject('mariaDbUrl') ?? '')
  await root.query(`create user if not exists ${user}@'127.0.0.1' identified by '${DATABASE_PASSWORD}'`)
  await root.query(`grant all on \`${url.pathname.slice(1)}\`.* to ${user}@'127.0.0.1'`)
  await root.end()
  const proxy = await TcpProxy.start(Number(url.port))
  return { url: proxy.through(`mysql://${user}:${DATABASE_PASSWORD}@${url.host}${url.pathname}`), proxy }
}

/** Renames a table during the work, so that every statement about it fails. */
export async function without(sql: Sql, table: string, work: () => Promise<unknown>): Promise<void> {
  await sql.run(`alter table ${table} rename to ${table}_away`)
  try {
    await work()
  } finally {
    await sql.run(`alter table ${table}_away rename to ${table}`)
  }
}

/** Makes every insertion into a table fail with a message that quotes the values. */
export async function quoteInserts(sql: Sql, table: string, column: string): Promise<{ end(): Promise<void> }> {
  const body = sql.isSqlite
    ? `select raise(abort, 'refused ' || new.${column});`
    : `set @quote = concat('refused ', new.${column}); signal sqlstate '45000' set message_text = @quote;`
  await sql.run(`create trigger quote_${table} before insert on ${table} for each row begin ${body} end`)
  return { end: () => sql.run(`drop trigger quote_${table}`) }
}
