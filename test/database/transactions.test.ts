import type { SqlEntityManager } from '@mikro-orm/mysql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ActivityAction } from '../../src/activity/actions.ts'
import { Activity } from '../../src/activity/activity.entity.ts'
import { AddressClearing } from '../../src/activity/address-clearing.entity.ts'
import { SigningKey } from '../../src/auth/signing-key.entity.ts'
import { Guard } from '../../src/database/guard.entity.ts'
import type { Orm } from '../../src/database/orm.ts'
import { transaction } from '../../src/database/transaction.ts'
import { Session } from '../../src/sessions/session.entity.ts'
import { SessionValue } from '../../src/sessions/session-value.entity.ts'
import { User } from '../../src/users/user.entity.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { openDatabaseOf } from '../support/database.ts'
import { PASSWORD, type Person, signUp } from '../support/story.ts'

const MORE_THAN_THE_POOL = 25
const NOW = new Date('2026-01-31T12:00:00.007Z')
const LATER = new Date('2096-01-31T12:00:00.007Z')

describeEachBackend('transactions', (backend) => {
  let app: TestApp
  let orm: Orm
  let ada: Person
  let bob: Person

  beforeAll(async () => {
    app = await createTestApp({ backend })
    ada = await signUp(app)
    bob = await signUp(app)
    orm = await openDatabaseOf(app.env)
  })
  afterAll(async () => {
    await orm.close()
    await app.close()
  })

  const fork = () => orm.em.fork({ useContext: true })
  const rename = (em: SqlEntityManager, displayName: string, { id }: Person = ada) =>
    em.getRepository(User).nativeUpdate({ id }, { displayName })
  const named = async (displayName: string) =>
    (await fork().find(User, { displayName }, { fields: ['id'] })).map(({ id }) => id)
  const tooBad = new Error('Too bad.')

  /** The content of the tables, to compare before and after. */
  const everything = async (em: SqlEntityManager = fork()) => {
    const tables = ['users', 'sessions', 'session_values', 'activities', 'signing_keys', 'guards']
    const rows: unknown[] = []
    for (const table of tables) rows.push(await em.execute(`select * from ${table} order by 1, 2`))
    rows.push(await em.execute('select * from address_clearings'))
    return rows
  }

  const WRITES: [repository: string, write: (em: SqlEntityManager) => Promise<unknown>][] = [
    ['users: lock', (em) => em.getRepository(User).lock(ada.id)],
    ['users: insert', (em) => em.getRepository(User).insert(accountLike('carol'))],
    [
      'users: persist and flush',
      async (em) => {
        const user = await em.getRepository(User).findOneOrFail({ id: ada.id })
        user.displayName = 'Flushed'
        await em.flush()
      },
    ],
    [
      'users: updateIfHash',
      async (em) => {
        const users = em.getRepository(User)
        await users.updateIfHash(ada.id, (await users.findPasswordHash(ada.id)) ?? '', { displayName: 'Changed' })
      },
    ],
    [
      'users: touchLastLogin',
      async (em) => {
        const users = em.getRepository(User)
        const passwordHash = (await users.findPasswordHash(ada.id)) ?? ''
        expect(
          await users.touchLastLogin(
            { id: ada.id, passwordHash, totpEnabledAt: null },
            { lastLoginAt: NOW, passwordHash },
          ),
        ).toBe(true)
      },
    ],
    [
      'sessions: rotate',
      async (em) => {
        const next = { rotatedAt: NOW, recentUses: null, lastActiveAt: NOW, endsAt: LATER }
        expect(await em.getRepository(Session).rotate(ada.sessionId, 1, next)).toBe(true)
      },
    ],
    ['sessions: lock', (em) => em.getRepository(Session).lock(ada.sessionId)],
    [
      'sessions: deleteByUser',
      async (em) => {
        expect(await em.getRepository(Session).deleteByUser(ada.id)).toBe(1)
      },
    ],
    [
      'sessions: deleteEnded',
      async (em) => {
        expect(await em.getRepository(Session).deleteEnded(LATER, 1)).toBe(1)
      },
    ],
    [
      'session values: add',
      (em) => em.getRepository(SessionValue).add({ sessionId: ada.sessionId, key: 'k', value: '1', expiresAt: null }),
    ],
    ['activities: insertMany', (em) => em.getRepository(Activity).insertMany([entryLike(ada)])],
    [
      'activities: clearAddresses',
      async (em) => {
        const activities = em.getRepository(Activity)
        const { ids } = await activities.findIdsOf(ada.id, 'actor_id', null, 10)
        expect(await activities.clearAddresses(ids, 'actor_id')).toBeGreaterThan(0)
      },
    ],
    ['address clearings: add', (em) => em.getRepository(AddressClearing).add(ada.id)],
    [
      'activities: deleteBefore',
      async (em) => {
        expect(await em.getRepository(Activity).deleteBefore(LATER, 1)).toBe(1)
      },
    ],
    ['signing keys: add', (em) => em.getRepository(SigningKey).add(keyLike(99))],
    ['signing keys: retireBefore', (em) => em.getRepository(SigningKey).retireBefore(99, NOW)],
    ['guards: lock', (em) => em.getRepository(Guard).lock('administrators')],
  ]

  test.each(WRITES)('roll back what a repository wrote inside of em.transactional: %s', async (_, write) => {
    const before = await everything()
    const failing = fork().transactional(async (em) => {
      await write(em)
      expect(await everything(em)).not.toEqual(before)
      throw tooBad
    })
    await expect(failing).rejects.toThrow('Too bad.')
    expect(await everything()).toEqual(before)
  })

  test('of somebody else hold what services do within them', async () => {
    const { users, activity, sessions } = app.services()
    const before = await everything()
    const account = { username: 'dora', email: 'dora@example.com', password: PASSWORD, role: 'user', isActive: true }
    const failing = fork().transactional(async (em) => {
      const dora = await users.create(account as never, ActivityAction.USER_CREATED)
      await activity.record({ action: ActivityAction.USER_LOGIN, userId: dora.id, actorId: dora.id })
      await sessions.begin(dora.id, { transport: 'BODY', csrfToken: null, hasSecondFactor: false })
      expect(await everything(em)).not.toEqual(before)
      throw tooBad
    })
    await expect(failing).rejects.toThrow('Too bad.')
    expect(await everything()).toEqual(before)
  })

  test('that fail leave nothing, nor does one within them', async () => {
    const em = fork()
    const failing = transaction(em, async () => {
      await rename(em, 'Outer')
      await transaction(em, () => rename(em, 'Inner', bob))
      expect(await em.count(User, { displayName: 'Inner' })).toBe(1)
      throw tooBad
    })
    await expect(failing).rejects.toThrow('Too bad.')
    expect([...(await named('Outer')), ...(await named('Inner'))]).toEqual([])
  })

  test('do not hold what others write while they are open', async () => {
    const [isOpen, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const em = fork()
    const failing = transaction(em, async () => {
      await rename(em, 'Inside')
      isOpen.resolve()
      await end.promise
      throw tooBad
    })
    await isOpen.promise
    const written = rename(fork(), 'Outside', bob)
    end.resolve()
    await expect(failing).rejects.toThrow('Too bad.')
    expect(await written).toBe(1)
    expect([...(await named('Inside')), ...(await named('Outside'))]).toEqual([bob.id])
  })

  test('refuse what comes after their end', async () => {
    const em = fork()
    const isOver = Promise.withResolvers<void>()
    let late: Promise<unknown> | undefined
    await transaction(em, async () => {
      late = isOver.promise.then(() => rename(em, 'Late'))
      await rename(em, 'In time')
    })
    isOver.resolve()
    await expect(late).rejects.toThrow()
    expect(await named('In time')).toEqual([ada.id])
  })

  test('give their connection back after a fault, which tells what went wrong', async () => {
    const faulty = () => {
      const em = fork()
      return transaction(em, () => em.execute('select id from nowhere'))
    }
    const faults = await Promise.allSettled(Array.from({ length: MORE_THAN_THE_POOL }, faulty))
    for (const fault of faults) expect(String((fault as PromiseRejectedResult).reason)).toContain('nowhere')
    expect(await named('Nobody at all')).toEqual([])
  })

  test('start without entities that were read before, and leave those they changed', async () => {
    const em = fork()
    const stale = await em.findOneOrFail(User, { id: ada.id })
    await rename(fork(), 'Meanwhile')
    const seen = await transaction(em, async () => (await em.findOneOrFail(User, { id: ada.id })).displayName)
    expect([stale.id, seen]).toEqual([ada.id, 'Meanwhile'])
  })
})

function accountLike(name: string) {
  return {
    id: `${name.padEnd(8, '0')}-0000-7000-8000-000000000000`.replace(/[^0-9a-f-]/g, '0'),
    username: name,
    usernameKey: name,
    email: `${name}@example.com`,
    emailKey: `${name}@example.com`,
    displayName: null,
    role: 'user' as const,
    isActive: true,
    passwordHash: PASSWORD,
    createdAt: NOW,
    updatedAt: NOW,
    lastLoginAt: null,
    turn: 0,
  }
}

function entryLike({ id }: Person) {
  return {
    id: `${id.slice(0, -1)}z`,
    action: 'USER_LOGIN' as const,
    details: null,
    ipAddress: null,
    userAgent: null,
    timestamp: NOW,
    userId: id,
    actorId: null,
  }
}

function keyLike(sequence: number) {
  return {
    id: `key${sequence}`,
    sequence,
    publicJwk: '{}',
    encryptedPrivateJwk: 'none',
    createdAt: NOW,
    activeFrom: LATER,
    retiredAt: null,
  }
}
