import type { EntityManager } from '@mikro-orm/core'
import type { Clock } from '../clock.ts'
import { newId } from '../database/ids.ts'
import { afterCommit } from '../database/transaction.ts'
import type { OutboxMessageRepository } from './outbox-message.repository.ts'

export interface OutboxDependencies {
  em: EntityManager
  messages: OutboxMessageRepository
  clock: Clock
  /** Wakes the worker of this process. */
  wake(): void
}

/** What to deliver. */
export interface NewMessage {
  /** Which deliverer it is for. */
  delivery: string
  kind: string
  /** The account that it goes with; null without one. */
  userId: string | null
  /** Becomes JSON. Never a token. */
  payload: object
}

/** Takes messages that are delivered after the commit, by whatever instance is first. */
export class OutboxService {
  constructor(private readonly deps: OutboxDependencies) {}

  /** Call it in the transaction of what the message tells of: both are there, or neither. */
  async add({ delivery, kind, userId, payload }: NewMessage): Promise<void> {
    const now = this.deps.clock()
    await this.deps.messages.insert({
      id: newId(),
      delivery,
      kind,
      userId,
      payload: JSON.stringify(payload),
      attempts: 0,
      dueAt: now,
      createdAt: now,
      doneAt: null,
      outcome: null,
      lastFault: null,
    })
    afterCommit(this.deps.em, this.deps.wake)
  }
}
