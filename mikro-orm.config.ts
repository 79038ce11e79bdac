import { MySqlDriver } from '@mikro-orm/mysql'
import { SqliteDriver } from '@mikro-orm/sqlite'
import type * as Configuration from './src/config.ts'
import type * as Database from './src/database/orm.ts'
import type * as Features from './src/features.ts'

/** Node's own TypeScript does not read decorators, so the entities come from the build. */
const { readConfig }: typeof Configuration = await import(compiled('config.js'))
const { databaseOptions }: typeof Database = await import(compiled('database/orm.js'))
const { databaseParts }: typeof Features = await import(compiled('features.js'))

/**
 * For MikroORM's command line (`tools/create-migrations.ts`). DATABASE_URL names the dialect, and with it the folder.
 * A new migration is what the entities have beyond the snapshot, so no database has to be there.
 */
const config = readConfig({ ...process.env, SECRET_KEY: 'not needed for migrations' }).database
const options = databaseOptions(config, await databaseParts(config))

/** `--name` is the whole name, so that both dialects have one. */
function fileName(timestamp: string, name?: string): string {
  return name ?? `Migration${timestamp}`
}

export default {
  ...options,
  driver: config.kind === 'mysql' ? MySqlDriver : SqliteDriver,
  logger: console.log,
  migrations: { ...options.migrations, path: `migrations/${config.kind}`, emit: 'ts', fileName },
}

function compiled(file: string): string {
  return new URL(`dist/${file}`, import.meta.url).href
}
