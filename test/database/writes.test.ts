import { afterAll, beforeAll, expect, test } from 'vitest'
import { ActivityAction } from '../../src/activity/actions.ts'
import { readConfig } from '../../src/config.ts'
import { type Orm, openDatabase } from '../../src/database/orm.ts'
import { rows } from '../../src/database/rows.ts'
import { insertRows, updateRows } from '../../src/database/writes.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { type Person, signUp } from '../support/story.ts'

describeEachBackend('writes in the names of entities', (backend) => {
  let app: TestApp
  let orm: Orm
  let ada: Person
  let bob: Person

  beforeAll(async () => {
    app = await createTestApp({ backend })
    orm = await openDatabase(readConfig(app.env).database)
    ada = await signUp(app)
    bob = await signUp(app)
  })
  afterAll(async () => {
    await orm.close()
    await app.close()
  })

  const em = () => orm.em.fork()
  const named = (displayName: string) =>
    rows(em()).selectFrom('users').select('id').where('display_name', '=', displayName).execute()

  test('a change touches the rows that have every value, and tells how many they are', async () => {
    expect(await updateRows(em(), 'users', { displayName: 'Nobody' }, { id: ada.id, role: 'admin' })).toBe(0)
    expect(await updateRows(em(), 'users', { displayName: 'Ada' }, { id: ada.id, isActive: true })).toBe(1)
    expect(await named('Ada')).toEqual([{ id: ada.id }])
  })

  test('a condition that is undefined or null does not fall away', async () => {
    for (const passwordHash of [undefined, null as never])
      expect(await updateRows(em(), 'users', { displayName: 'Everybody' }, { id: bob.id, passwordHash })).toBe(0)
    await expect(updateRows(em(), 'users', { displayName: 'Everybody' }, {})).rejects.toThrow()
    expect(await named('Everybody')).toEqual([])
  })

  test('what is undefined stays, what is null becomes null, and nothing at all is no statement', async () => {
    const lastLoginAt = new Date('2026-01-31T12:00:00.007Z')
    await updateRows(em(), 'users', { displayName: 'Bob', lastLoginAt }, { id: bob.id })
    expect(await updateRows(em(), 'users', { displayName: undefined, lastLoginAt: null }, { id: bob.id })).toBe(1)
    expect(await named('Bob')).toEqual([{ id: bob.id }])
    expect(await updateRows(em(), 'users', { displayName: undefined }, { id: bob.id })).toBe(0)
  })

  test('rows are added in one statement, moments to the millisecond', async () => {
    const timestamp = new Date('2026-01-31T12:00:00.007Z')
    const entry = {
      action: ActivityAction.USER_LOGIN,
      details: null,
      ipAddress: null,
      userAgent: null,
      timestamp,
    } as const
    const ids = [ada.id, bob.id].map((userId) => ({ ...entry, id: `${userId.slice(0, -1)}z`, userId, actorId: null }))
    await insertRows(em(), 'activities', ids)
    await insertRows(em(), 'activities', [])
    const found = await rows(em())
      .selectFrom('activities')
      .select(['id', 'timestamp'])
      .where('timestamp', '=', timestamp)
      .execute()
    expect(found.map(({ id }) => id).toSorted()).toEqual(ids.map(({ id }) => id).toSorted())
    expect(found.every((row) => row.timestamp === timestamp.toISOString())).toBe(true)
  })
})
