import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, type AppOptions, createApp, readConfig } from 'gatehouse'
import { createConnection } from 'mysql2/promise'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of a MariaDB without a database; null where there is none. */
    mariaDbUrl: string | null
  }
}

export type Backend = 'sqlite' | 'mysql'

export const hasNoMariaDb = inject('mariaDbUrl') === null

export const PASSWORD = 'correct horse battery staple'

/** A service with a database of its own. */
export async function startService(backend: Backend, options: AppOptions): Promise<App> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-extension-'))
  const config = readConfig({
    NODE_ENV: 'test',
    PORT: '0',
    SECRET_KEY: randomBytes(32).toString('base64url'),
    DATABASE_URL: backend === 'sqlite' ? `sqlite:${join(folder, 'extension.db')}` : await createDatabase(),
    PASSWORD_HASH_MEMORY_KIB: '256',
    PASSWORD_HASH_ITERATIONS: '1',
    LOG_LEVEL: 'silent',
    MAIL_URL: 'off',
  })
  const app = await createApp(config, options)
  return {
    ...app,
    async close() {
      await app.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function createDatabase(): Promise<string> {
  const server = inject('mariaDbUrl') ?? ''
  const name = `extension_${randomBytes(6).toString('hex')}`
  const connection = await createConnection(server)
  await connection.query(`create database ${name} character set utf8mb4 collate utf8mb4_unicode_ci`)
  await connection.end()
  return `${server}/${name}`
}

/** Asks over HTTP; `data` is null where the operation failed as a whole. */
export async function ask<Data>(app: App, query: string, token?: string) {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query }),
  })
  const { data, errors = [] } = (await response.json()) as {
    data: Data
    errors?: { message: string; extensions: { code: string } }[]
  }
  return { data, codes: errors.map(({ extensions }) => extensions.code) }
}

/** An access token. */
export async function signIn(app: App, username: string): Promise<string> {
  const input = `input: { identifier: "${username}", password: "${PASSWORD}" }`
  const { data } = await ask<{ login: { accessToken: string } }>(app, `mutation { login(${input}) { accessToken } }`)
  return data.login.accessToken
}

export async function signUp(app: App, username: string): Promise<string> {
  const input = `input: { username: "${username}", email: "${username}@example.com", password: "${PASSWORD}" }`
  await ask(app, `mutation { register(${input}) { user { id } } }`)
  return signIn(app, username)
}
