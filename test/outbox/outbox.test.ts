import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { type Orm, openDatabase } from '../../src/database/orm.ts'
import { transaction } from '../../src/database/transaction.ts'
import { databaseParts } from '../../src/features.ts'
import { createLogger } from '../../src/logger.ts'
import type { Delivered } from '../../src/outbox/delivery.ts'
import { OutboxService } from '../../src/outbox/outbox.service.ts'
import { OutboxMessage } from '../../src/outbox/outbox-message.entity.ts'
import { OutboxWorker, pauseAfter } from '../../src/outbox/outbox-worker.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'

it('pauses after a failed try: within 30 s at first, then ever longer, an hour at most', () => {
  const pauses = Array.from({ length: 40 }, (_, index) => pauseAfter(index + 1))
  expect(pauses[0]).toBeLessThanOrEqual(30_000)
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
  expect(Math.max(...pauses)).toBe(3_600_000)
})

/** The outbox by itself, with a delivery of the test's own, as webhooks would be. */
describeEachBackend('the outbox', (backend) => {
  let app: TestApp
  let orm: Orm
  let clock: TestClock
  let worker: OutboxWorker
  const delivered: string[] = []
  let answer: Delivered = { result: 'sent' }

  beforeAll(async () => {
    clock = createTestClock()
    app = await createTestApp({ backend })
    const { database, log } = readConfig(app.env)
    orm = await openDatabase(database, await databaseParts(database))
    worker = new OutboxWorker({
      fork: () => orm.em.fork({ useContext: true }),
      clock: clock.now,
      log: createLogger(log),
      deliverers: {
        hook: {
          async deliver({ kind }) {
            delivered.push(kind)
            return answer
          },
          ended: () => undefined,
        },
      },
    })
  })
  afterAll(async () => {
    await worker.stop()
    await orm.close()
    await app.close()
  })

  /** Adds messages in one transaction, which ends with `after`. */
  const add = async (kinds: string[], after: () => Promise<void> = async () => undefined) => {
    const em = orm.em.fork({ useContext: true })
    const messages = em.getRepository(OutboxMessage)
    const outbox = new OutboxService({ em, messages, clock: clock.now, wake: worker.wake })
    await transaction(em, async () => {
      for (const kind of kinds) await outbox.add({ delivery: 'hook', kind, userId: null, payload: {} })
      await after()
    })
  }

  it('delivers new messages before those that have failed', async () => {
    const messages = orm.em.fork().getRepository(OutboxMessage)
    await add(['failed'])
    await messages.nativeUpdate({ kind: 'failed' }, { attempts: 3 })
    clock.advance(1)
    await add(['new'])
    const due = await messages.findDue(['hook'], clock.now(), 10)
    expect(due.map(({ attempts }) => attempts)).toEqual([0, 3])
    worker.start()
    await expect.poll(() => delivered).toEqual(['new', 'failed'])
  })

  it('wakes its worker once the transaction has committed, and not where it fails', async () => {
    delivered.length = 0
    await expect(
      add(['undone'], async () => {
        throw new Error('as the test says')
      }),
    ).rejects.toThrow('as the test says')
    await add(['slow'], () => pause(100))
    await expect.poll(() => delivered).toEqual(['slow'])
  })

  it('leaves what it has no deliverer for', async () => {
    const messages = orm.em.fork().getRepository(OutboxMessage)
    const em = orm.em.fork({ useContext: true })
    const outbox = new OutboxService({
      em,
      messages: em.getRepository(OutboxMessage),
      clock: clock.now,
      wake: worker.wake,
    })
    await outbox.add({ delivery: 'other', kind: 'other', userId: null, payload: {} })
    answer = { result: 'failed', fault: 'no' }
    await add(['last'])
    await expect.poll(() => messages.findBacklog('hook')).toEqual({ waiting: 0, oldestAt: null })
    expect(await messages.findBacklog('other')).toEqual({ waiting: 1, oldestAt: clock.now() })
    expect(await messages.count({ kind: 'last', outcome: 'failed', lastFault: 'no' })).toBe(1)
  })
})
