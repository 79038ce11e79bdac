import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { EntitySchema } from '@mikro-orm/core'
import { MikroORM as MySql } from '@mikro-orm/mysql'
import { MikroORM as Sqlite } from '@mikro-orm/sqlite'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { databaseOptions } from '../../src/database/orm.ts'
import { databaseParts } from '../../src/features.ts'

const FOLDER = resolve(import.meta.dirname, '../../migrations')
const URLS = { mysql: 'mysql://nobody@127.0.0.1:1/none', sqlite: 'sqlite::memory:' }

/** Needs no server: compares the entities with the snapshot of the newest migration. */
async function isMigrationMissing(dialect: keyof typeof URLS, more: EntitySchema[] = []): Promise<boolean> {
  const { database } = readConfig({ DATABASE_URL: URLS[dialect], SECRET_KEY: 'not needed for migrations' })
  const parts = await databaseParts(database)
  const options = { ...databaseOptions(database, parts), entities: [...parts.entities, ...more] }
  const orm = await (dialect === 'mysql' ? MySql.init(options as object) : Sqlite.init(options as object))
  try {
    return await orm.migrator.checkSchema()
  } finally {
    await orm.close()
  }
}

describe.each(['mysql', 'sqlite'] as const)('migrations of %s', (dialect) => {
  test('hold everything that the entities say', async () => {
    expect(await isMigrationMissing(dialect)).toBe(false)
  })

  test('are found missing for a table that none of them makes', async () => {
    const Extra = new EntitySchema({ name: 'Extra', properties: { id: { type: 'string', primary: true } } })
    expect(await isMigrationMissing(dialect, [Extra])).toBe(true)
  })
})

test('both dialects have the same migrations', () => {
  const names = (dialect: string) => readdirSync(resolve(FOLDER, dialect)).filter((name) => name.endsWith('.ts'))
  expect(names('mysql')).toEqual(names('sqlite'))
  expect(names('mysql')).not.toEqual([])
})
