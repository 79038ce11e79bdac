import type { OutboxMessage, Outcome } from './outbox-message.entity.ts'

/** How one try went. A fault is 64 characters at most, and is stored: no token, no text of another server. */
export type Delivered = { result: 'sent' | 'dropped' } | { result: 'again' | 'failed'; fault: string }

/** Delivers the messages of one `delivery`, one after the other. */
export interface Deliverer {
  /**
   * One try. What it throws counts as `again`.
   * @param signal aborted shortly before the lease ends, and when the service stops
   */
  deliver(message: OutboxMessage, signal: AbortSignal): Promise<Delivered>
  /** Called once a message is done. */
  ended(kind: string, outcome: Outcome): void
}
