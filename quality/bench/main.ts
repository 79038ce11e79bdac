/** `npm run bench`: see `README.md`. Exits with 1 where a must is missed. */
import { randomBytes } from 'node:crypto'
import { createDatabase, startMariaDb } from '../../test/support/mariadb.ts'
import { startRedis } from '../../test/support/redis.ts'
import { seed } from '../../test/support/seed.ts'
import { compare } from './compare.ts'
import { measureGrowth } from './growth.ts'
import { leaveServerCore } from './machine.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { profile } from './profile.ts'
import type { Outcome } from './report.ts'
import { migrate, type Settings } from './servers.ts'
import { NAMED, PASSWORD } from './workloads.ts'

const USERS = 10_000
const ACTIVITIES = 200_000

/** Two million rows fit into memory, so that the disk's speed plays no part. */
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

/** A new database with `times` the rows. */
async function prepare({ mariaDbUrl, redisUrl }: Stores, times: number): Promise<Settings> {
  const settings = {
    databaseUrl: await createDatabase(mariaDbUrl),
    redisUrl,
    secretKey: randomBytes(48).toString('base64'),
  }
  await migrate(settings)
  const [users, activities] = [USERS * times, ACTIVITIES * times]
  process.stderr.write(`Seeding ${users} users and ${activities} activities\n`)
  await seed(settings.databaseUrl, { users, administrators: NAMED, activities, password: PASSWORD })
  return settings
}

function say(lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
