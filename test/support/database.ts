import { readConfig } from '../../src/config.ts'
import { type Orm, openDatabase } from '../../src/database/orm.ts'
import { databaseParts } from '../../src/features.ts'

/** A direct connection to the database of an environment. */
export async function openDatabaseOf(env: Record<string, string>): Promise<Orm> {
  const { database } = readConfig({ SECRET_KEY: 'not needed to open a database', ...env })
  return openDatabase(database, await databaseParts(database))
}
