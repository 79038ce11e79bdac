/** Measures the service beside the least that could do its job. `README.md` tells what, and what came out. */
import { randomBytes } from 'node:crypto'
import { createDatabase, startMariaDb } from '../test/support/mariadb.ts'
import { startRedis } from '../test/support/redis.ts'
import { compare } from './compare.ts'
import { measureGrowth } from './growth.ts'
import { leaveServerCore } from './machine.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { profile } from './profile.ts'
import type { Outcome } from './report.ts'
import { seed } from './seed.ts'
import { migrate, type Settings } from './servers.ts'

const USERS = 10_000
const ACTIVITIES = 200_000

/** So that a million rows stay in memory: how fast the disk is, is no question here. */
const MARIADB_OPTIONS = ['--innodb-buffer-pool-size=1G', '--innodb-log-file-size=256M']

process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  let options: Options
  try {
    options = readOptions(args)
  } catch (error) {
    say([error instanceof Error ? error.message : String(error), USAGE])
    return 1
  }
  if (!leaveServerCore()) say(['The server shares its core: there is one, or no taskset. Ratios are less exact.'])
  const mariaDb = await startMariaDb(MARIADB_OPTIONS)
  const redis = await startRedis()
  try {
    const { lines, missed } = await run(options, {
      mariaDbUrl: mariaDb.url,
      redisUrl: redis.url,
      mariaDbPid: mariaDb.pid,
    })
    say([...lines, '', ...(missed.length > 0 ? ['Missed:', ...missed] : ['Nothing is missed.'])])
    return missed.length > 0 ? 1 : 0
  } finally {
    await Promise.all([mariaDb.stop(), redis.stop()])
  }
}

interface Stores {
  mariaDbUrl: string
  mariaDbPid: number
  redisUrl: string
}

async function run(options: Options, stores: Stores): Promise<Outcome> {
  const settings = await prepare(stores, 1)
  if (options.profile) return { lines: await profile(settings, options.profile), missed: [] }
  if (!options.large) return compare(settings, options, stores.mariaDbPid)
  return measureGrowth(settings, await prepare(stores, 10), options, stores.mariaDbPid)
}

/** A database with everything in it. */
async function prepare({ mariaDbUrl, redisUrl }: Stores, times: number): Promise<Settings> {
  const settings = {
    databaseUrl: await createDatabase(mariaDbUrl),
    redisUrl,
    secretKey: randomBytes(48).toString('base64'),
  }
  await migrate(settings)
  process.stderr.write(`Seeding ${USERS * times} users and ${ACTIVITIES * times} activities\n`)
  await seed(settings.databaseUrl, USERS * times, ACTIVITIES * times)
  return settings
}

function say(lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
