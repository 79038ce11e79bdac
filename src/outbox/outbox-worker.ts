import { setTimeout as pause } from 'node:timers/promises'
import type { SqlEntityManager } from '@mikro-orm/mysql'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { transaction } from '../database/transaction.ts'
import type { Delivered, Deliverer } from './delivery.ts'
import { OutboxMessage } from './outbox-message.entity.ts'
import type { Claim } from './outbox-message.repository.ts'

export interface WorkerDependencies {
  /** A new one for each pass. */
  fork(): SqlEntityManager
  /** By the name of their delivery. */
  deliverers: Readonly<Record<string, Deliverer>>
  clock: Clock
  log: Logger
}

/** How often the table is asked for messages of other instances, and for those whose time has come again. */
const POLL_MS = 1_000
const BATCH = 10
/** How long a claim holds; an instance that was killed gives its message back by it. */
const LEASE_MS = 60_000
/** A try is given up before its lease ends, so that no other instance begins meanwhile. */
const TRY_MS = 50_000
/** The wait after a failed try, before any other message. New messages do not hammer a server that is down. */
const BREATH_MS = 1_000
const FIRST_PAUSE_MS = 20_000
const LONGEST_PAUSE_MS = 3_600_000
const GIVE_UP_MS = 86_400_000
/** How long a stop waits for the message in progress. */
const STOP_MS = 3_000
const NOBODY: Delivered = { result: 'again', fault: 'no deliverer' }

/** The pause after a failed try: 20 s, doubled up to an hour. @param attempts 1 after the first */
export function pauseAfter(attempts: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), LONGEST_PAUSE_MS)
}

/**
 * Delivers the messages of the outbox, one after the other, in every instance. A claim is a conditional update with a
 * lease, so each message is delivered at least once, and twice only where an instance died between delivery and note.
 */
export class OutboxWorker {
  readonly #stop = new AbortController()
  readonly #giveUp = new AbortController()
  #running: Promise<void> | undefined
  #sleep = new AbortController()
  #isFaulty = false

  constructor(private readonly deps: WorkerDependencies) {}

  /** Does nothing where there is no deliverer. */
  start(): void {
    if (Object.keys(this.deps.deliverers).length > 0) this.#running ??= this.#run()
  }

  /** There is something new. */
  readonly wake = (): void => {
    this.#sleep.abort()
  }

  /** Ends after the message in progress, which is given up after three seconds. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.wake()
    const timer = setTimeout(() => this.#giveUp.abort(), STOP_MS)
    await this.#running
    clearTimeout(timer)
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      // Made before the look, so that a message written during it is not slept through.
      this.#sleep = new AbortController()
      const isMoreLikely = await this.#pass()
      if (!isMoreLikely) await this.#pause(POLL_MS, this.#sleep.signal)
    }
  }

  /** Delivers what is due, a batch at most. False where there was nothing to do, or the database is away. */
  async #pass(): Promise<boolean> {
    try {
      const em = this.deps.fork()
      const due = await em
        .getRepository(OutboxMessage)
        .findDue(Object.keys(this.deps.deliverers), this.deps.clock(), BATCH)
      for (const candidate of due) {
        if (this.#stop.signal.aborted) return false
        if (!(await this.#handle(em, candidate))) await this.#pause(BREATH_MS, this.#stop.signal)
      }
      this.#isFaulty = false
      return due.length > 0
    } catch (error) {
      // Once until it works again: the table is asked every second.
      if (!this.#isFaulty) this.deps.log.error({ err: error }, 'The outbox cannot be read or written')
      this.#isFaulty = true
      return false
    }
  }

  /** False where the delivery is to be tried again. */
  async #handle(em: SqlEntityManager, candidate: Claim): Promise<boolean> {
    const messages = em.getRepository(OutboxMessage)
    const leaseEndsAt = new Date(this.deps.clock().getTime() + LEASE_MS)
    const message = await transaction(em, () => messages.claim(candidate, leaseEndsAt))
    if (!message) return true
    const delivered = await this.#try(message)
    const now = this.deps.clock()
    const fault = 'fault' in delivered ? delivered.fault : null
    const dueAt = new Date(now.getTime() + pauseAfter(message.attempts))
    if (delivered.result === 'again' && dueAt.getTime() <= message.createdAt.getTime() + GIVE_UP_MS) {
      await this.#note(em, leaseEndsAt, () => messages.postpone(message, dueAt, fault))
      return false
    }
    const outcome = delivered.result === 'again' ? 'failed' : delivered.result
    const isMine = await this.#note(em, leaseEndsAt, () => messages.finish(message, outcome, now, fault))
    if (isMine) this.deps.deliverers[message.delivery]?.ended(message.kind, outcome)
    return true
  }

  async #try(message: OutboxMessage): Promise<Delivered> {
    const { id, delivery, kind, attempts } = message
    const signal = AbortSignal.any([this.#giveUp.signal, AbortSignal.timeout(TRY_MS)])
    // Never the payload, which has addresses.
    const about = { id, delivery, kind, attempts }
    try {
      const delivered = (await this.deps.deliverers[delivery]?.deliver(message, signal)) ?? NOBODY
      if ('fault' in delivered) this.deps.log.warn({ ...about, fault: delivered.fault }, 'Not delivered')
      return delivered
    } catch (error) {
      this.deps.log.error({ ...about, err: error }, 'Not delivered')
      return { result: 'again', fault: 'fault of the service' }
    }
  }

  /** Tries until the lease ends: what was delivered and cannot be noted would be delivered again. */
  async #note<T>(em: SqlEntityManager, leaseEndsAt: Date, work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await transaction(em, work)
      } catch (error) {
        if (this.#giveUp.signal.aborted || this.deps.clock() >= leaseEndsAt) throw error
        await this.#pause(POLL_MS, this.#giveUp.signal)
      }
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await pause(ms, undefined, { signal }).catch(() => undefined)
  }
}
