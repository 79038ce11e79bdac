import 'reflect-metadata'
import { MikroORM } from '@mikro-orm/sqlite'
import { expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { databaseOptions } from '../../src/database/orm.ts'
import { FLAG, MOMENT } from '../../src/database/row-values.ts'

/** Dates and booleans are known by the names of their columns, so entities have to keep to these names. */
test('moments and flags have names that tell them, and nothing else has', async () => {
  const { database } = readConfig({ DATABASE_URL: 'sqlite::memory:', SECRET_KEY: 'not needed to read the entities' })
  const orm = await MikroORM.init(databaseOptions(database) as object)
  const properties = [...orm.getMetadata().getAll().values()].flatMap(({ props }) => props)
  const named = (is: (runtimeType: string) => boolean) =>
    properties.filter(({ runtimeType }) => is(runtimeType)).map(({ name }) => name)
  expect(named((type) => type === 'Date').length).toBeGreaterThan(5)
  expect(named((type) => type === 'Date').filter((name) => !MOMENT.test(name))).toEqual([])
  expect(named((type) => type !== 'Date').filter((name) => MOMENT.test(name))).toEqual([])
  expect(named((type) => type === 'boolean').filter((name) => !FLAG.test(name))).toEqual([])
  expect(named((type) => type !== 'boolean').filter((name) => FLAG.test(name))).toEqual([])
  expect(named((type) => type === 'boolean')).toContain('isActive')
  await orm.close()
})
