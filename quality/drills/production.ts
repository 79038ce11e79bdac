import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Run, temporaryFolder } from '../../test/support/built-service.ts'
import { createDatabase, startMariaDb } from '../../test/support/mariadb.ts'
import { startRedis } from '../../test/support/redis.ts'
import { freePort } from '../../test/support/server-process.ts'
import { DrilledService } from './service.ts'

const MAIN = resolve(import.meta.dirname, '../../dist/main.js')

export const ADMIN = { identifier: 'admin', password: 'correct horse battery staple' }

export type Backend = 'mysql' | 'sqlite'

/** The built service in production mode, with private servers. Only its rate limits are out of reach. */
export interface Production {
  service: DrilledService
  databaseUrl: string
  redisUrl: string | undefined
  metricsUrl: string
  close(): Promise<void>
}

export async function startProduction(backend: Backend, nodeArguments: string[] = []): Promise<Production> {
  const folder = temporaryFolder()
  const mariaDb = backend === 'mysql' ? await startMariaDb() : undefined
  const redis = backend === 'mysql' ? await startRedis() : undefined
  const databaseUrl = mariaDb ? await createDatabase(mariaDb.url) : `sqlite:${join(folder, 'drill.db')}`
  const metricsPort = String(await freePort())
  const env = {
    ...PRODUCTION_ENV,
    SECRET_KEY: randomBytes(32).toString('base64url'),
    DATABASE_URL: databaseUrl,
    METRICS_PORT: metricsPort,
    ...(redis && { REDIS_URL: redis.url }),
  }
  const service = await DrilledService.start({ main: MAIN, folder, env, nodeArguments })
  await createAdmin(folder, env)
  return {
    service,
    databaseUrl,
    redisUrl: redis?.url,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    async close() {
      await service.end('SIGTERM')
      await Promise.all([mariaDb?.stop(), redis?.stop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Production's defaults, over those of other drills. The database is new, so the service migrates it at start. */
const PRODUCTION_ENV = {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'info',
  MIGRATE_ON_START: 'true',
  TRUSTED_PROXIES: '127.0.0.1',
  ACCESS_TOKEN_TTL: '900',
  PASSWORD_HASH_MEMORY_KIB: '19456',
  PASSWORD_HASH_ITERATIONS: '2',
  // glibc keeps freed blocks below this size; resident memory is to show what the service holds.
  MALLOC_MMAP_THRESHOLD_: '1048576',
}

async function createAdmin(cwd: string, env: Record<string, string>): Promise<void> {
  const args = ['create-admin', '--username', 'admin', '--email', 'admin@example.com', '--password-stdin']
  const run = new Run(join(dirname(MAIN), 'cli.js'), args, { cwd, env, input: `${ADMIN.password}\n` })
  if ((await run.exit) !== 0) throw new Error(`No administrator: ${run.stderr}`)
}
