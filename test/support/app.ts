import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, inject } from 'vitest'
import { type App, createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import type { Overrides } from '../../src/process-parts.ts'
import { hasNoMariaDb, hasNoRedis } from './installed.ts'
import { createDatabase } from './mariadb.ts'
import { createRedisDatabase } from './redis.ts'

/** The backend of a suite: SQLite with everything else in memory, or MariaDB with Redis. */
export type Backend = 'sqlite' | 'mysql'

export interface TestApp extends App {
  /** The environment of the app. A second app with the same one is a second instance. */
  readonly env: Record<string, string>
}

export interface TestAppOptions extends Overrides {
  backend: Backend
  /** Settings that replace the defaults for tests. */
  env?: Record<string, string>
}

/** Runs the suite on each backend; one that is not installed is reported as skipped. */
export function describeEachBackend(name: string, suite: (backend: Backend) => void): void {
  describe(`${name} (SQLite, in memory)`, () => suite('sqlite'))
  describe.skipIf(hasNoMariaDb || hasNoRedis)(`${name} (MariaDB, Redis)`, () => suite('mysql'))
}

/** A service on its own database and a free port, with cheap hashes and limits that no test reaches by chance. */
export async function createTestApp({ backend, env, ...overrides }: TestAppOptions): Promise<TestApp> {
  const { settings, cleanUp } = await environment(backend)
  const all = { ...settings, ...env }
  const app = await createApp(readConfig(all), { overrides: withOneClock(overrides) })
  return {
    ...app,
    env: all,
    async close() {
      await app.close()
      await cleanUp()
    },
  }
}

/** Another instance over the same database, Redis and secret. */
export async function createSecondInstance({ env }: TestApp, overrides: Overrides = {}): Promise<App> {
  return createApp(readConfig(env), { overrides: withOneClock(overrides) })
}

/** A test that moves the clock moves MySQL's as well, unless it names `databaseClock`, which may be undefined. */
function withOneClock(overrides: Overrides): Overrides {
  return { databaseClock: overrides.clock, ...overrides }
}

async function environment(
  backend: Backend,
): Promise<{ settings: Record<string, string>; cleanUp: () => Promise<void> }> {
  const common = {
    NODE_ENV: 'test',
    PORT: '0',
    SECRET_KEY: randomBytes(32).toString('base64url'),
    PASSWORD_HASH_MEMORY_KIB: '256',
    PASSWORD_HASH_ITERATIONS: '1',
    PASSWORD_HASH_CONCURRENCY: '4',
    RATE_LIMIT_FACTOR: '1000',
    LOG_LEVEL: 'silent',
    // Mails would be printed otherwise; tests of mail name a server.
    MAIL_URL: 'off',
  }
  if (backend === 'mysql') {
    const DATABASE_URL = await createDatabase(inject('mariaDbUrl') ?? '')
    const REDIS_URL = await createRedisDatabase(inject('redisUrl') ?? '')
    return { settings: { ...common, DATABASE_URL, REDIS_URL }, cleanUp: async () => {} }
  }
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-sqlite-'))
  const DATABASE_URL = `sqlite:${join(folder, 'gatehouse.db')}`
  return { settings: { ...common, DATABASE_URL }, cleanUp: () => rm(folder, { recursive: true, force: true }) }
}
