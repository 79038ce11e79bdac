import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ActivityAction } from '../../src/activity/actions.ts'
import { readConfig } from '../../src/config.ts'
import { Database } from '../../src/database/database.ts'
import { type Orm, openDatabase } from '../../src/database/orm.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { type Person, signUp } from '../support/story.ts'

const MORE_THAN_THE_POOL = 25

describeEachBackend('the database', (backend) => {
  let app: TestApp
  let orm: Orm
  let database: Database
  let ada: Person
  let bob: Person

  beforeAll(async () => {
    app = await createTestApp({ backend })
    orm = await openDatabase(readConfig(app.env).database)
    database = new Database(orm)
    ada = await signUp(app)
    bob = await signUp(app)
  })
  afterAll(async () => {
    await orm.close()
    await app.close()
  })

  const named = (displayName: string) =>
    database.rows.selectFrom('users').select('id').where('display_name', '=', displayName).execute()

  test('a change touches the rows that have every value, and tells how many they are', async () => {
    expect(await database.update('users', { displayName: 'Nobody' }, { id: ada.id, role: 'admin' })).toBe(0)
    expect(await database.update('users', { displayName: 'Ada' }, { id: ada.id, isActive: true })).toBe(1)
    expect(await named('Ada')).toEqual([{ id: ada.id }])
  })

  test('a condition that is undefined or null does not fall away', async () => {
    for (const passwordHash of [undefined, null as never])
      expect(await database.update('users', { displayName: 'Everybody' }, { id: bob.id, passwordHash })).toBe(0)
    await expect(database.update('users', { displayName: 'Everybody' }, {})).rejects.toThrow()
    expect(await named('Everybody')).toEqual([])
  })

  test('what is undefined stays, what is null becomes null, and nothing at all is no statement', async () => {
    const lastLoginAt = new Date('2026-01-31T12:00:00.007Z')
    await database.update('users', { displayName: 'Bob', lastLoginAt }, { id: bob.id })
    expect(await database.update('users', { displayName: undefined, lastLoginAt: null }, { id: bob.id })).toBe(1)
    expect(await named('Bob')).toEqual([{ id: bob.id }])
    expect(await database.update('users', { displayName: undefined }, { id: bob.id })).toBe(0)
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
    await database.insert('activities', ids)
    await database.insert('activities', [])
    const found = await database.rows
      .selectFrom('activities')
      .select(['id', 'timestamp'])
      .where('timestamp', '=', timestamp)
      .execute()
    expect(found.map(({ id }) => id).toSorted()).toEqual(ids.map(({ id }) => id).toSorted())
    expect(found.every((row) => row.timestamp === timestamp.toISOString())).toBe(true)
  })

  test('a transaction that fails leaves nothing, nor does one within it', async () => {
    const failing = database.inTransaction(async () => {
      await database.update('users', { displayName: 'Outer' }, { id: ada.id })
      await database.inTransaction(() => database.update('users', { displayName: 'Inner' }, { id: bob.id }))
      expect(await named('Inner')).toEqual([{ id: bob.id }])
      throw new Error('Too bad.')
    })
    await expect(failing).rejects.toThrow('Too bad.')
    expect([...(await named('Outer')), ...(await named('Inner'))]).toEqual([])
  })

  test('what others write while a transaction is open is not a part of it', async () => {
    const [isOpen, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const failing = database.inTransaction(async () => {
      await database.update('users', { displayName: 'Inside' }, { id: ada.id })
      isOpen.resolve()
      await end.promise
      throw new Error('Too bad.')
    })
    await isOpen.promise
    const written = database.update('users', { displayName: 'Outside' }, { id: bob.id })
    end.resolve()
    await expect(failing).rejects.toThrow('Too bad.')
    expect(await written).toBe(1)
    expect([...(await named('Inside')), ...(await named('Outside'))]).toEqual([{ id: bob.id }])
  })

  test('a statement belongs to the transaction in which it is executed, wherever it was put together', async () => {
    const rename = database.rows.updateTable('users').set({ display_name: 'Prepared' }).where('id', '=', ada.id)
    const failing = database.inTransaction(async () => {
      await rename.execute()
      throw new Error('Too bad.')
    })
    await expect(failing).rejects.toThrow('Too bad.')
    expect(await named('Prepared')).toEqual([])
    await rename.execute()
    expect(await named('Prepared')).toEqual([{ id: ada.id }])
  })

  test('a fault tells what went wrong and who had asked, and gives its connection back', async () => {
    async function whoAskedByText() {
      await database.read('select id from nowhere', [])
    }
    async function whoAskedByKysely() {
      await database.rows
        .selectFrom('nowhere' as 'users')
        .select('id')
        .execute()
    }
    async function whoAskedInside() {
      await database.inTransaction(whoAskedByText)
    }
    for (const ask of [whoAskedByText, whoAskedByKysely, whoAskedInside]) {
      const faults = await Promise.allSettled(Array.from({ length: MORE_THAN_THE_POOL }, ask))
      for (const fault of faults) {
        const { stack, message } = (fault as PromiseRejectedResult).reason as Error
        expect(message).toContain('nowhere')
        expect(stack).toContain(message)
        expect(stack).toContain(ask.name)
      }
    }
    expect(await named('Nobody at all')).toEqual([])
  })

  test('closed, it takes no statement, also where MikroORM has sent none', async () => {
    const other = await openDatabase(readConfig(app.env).database)
    const closing = new Database(other)
    expect(await closing.read('select 1 as one', [])).toEqual([{ one: 1 }])
    await other.close()
    await expect(closing.read('select 1 as one', [])).rejects.toThrow()
  })

  test('what nobody waited for runs neither in a transaction that is over nor beside it', async () => {
    const isOver = Promise.withResolvers<void>()
    const write = () => database.update('users', { displayName: 'Late' }, { id: ada.id })
    const begun = vi.fn(write)
    let late: Promise<number> | undefined
    let lateInside: Promise<number> | undefined
    await database.inTransaction(async () => {
      late = isOver.promise.then(write)
      lateInside = isOver.promise.then(() => database.inTransaction(begun))
      await database.update('users', { displayName: 'In time' }, { id: ada.id })
    })
    isOver.resolve()
    await expect(late).rejects.toThrow('over')
    await expect(lateInside).rejects.toThrow('over')
    expect(begun).not.toHaveBeenCalled()
    expect(await named('In time')).toEqual([{ id: ada.id }])
  })
})
