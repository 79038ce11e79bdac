import { Activity } from '../activity/activity.entity.ts'
import { AddressClearing } from '../activity/address-clearing.entity.ts'
import { AddressClearingService } from '../activity/address-clearing.service.ts'
import { ApiKey } from '../api-keys/api-key.entity.ts'
import { MailToken } from '../mail/mail-token.entity.ts'
import { OutboxMessage } from '../outbox/outbox-message.entity.ts'
import type { ProcessParts } from '../services.ts'
import { Session } from '../sessions/session.entity.ts'

type Parts = Pick<ProcessParts, 'orm' | 'tokens' | 'clock' | 'log'>

const INTERVAL_MS = 3_600_000
export const BATCH = 500
const DAY_MS = 86_400_000
const RETIRED_KEYS_DAYS = 30
const DELIVERED_DAYS = 7

export interface Pruned {
  sessions: number
  keys: number
  activities: number
  /** What was delivered, or given up, over a week ago. */
  deliveries: number
  /** Expired ones. */
  mailTokens: number
  /** Expired ones. */
  apiKeys: number
  /** Rows of activity whose addresses a deletion had left. */
  addresses: number
}

/**
 * Removes ended sessions, retired keys, what was delivered, expired tokens of mails and API keys, and old activity if
 * asked to, and finishes what deletions left for later. Small batches keep the locks short.
 */
export async function prune(parts: Parts, options: { activitiesOlderThanDays?: number } = {}): Promise<Pruned> {
  const { orm, clock, tokens } = parts
  const em = orm.em.fork({ useContext: true })
  const now = clock()
  const daysAgo = (days: number) => new Date(now.getTime() - days * DAY_MS)
  const sessions = em.getRepository(Session)
  const activities = em.getRepository(Activity)
  const messages = em.getRepository(OutboxMessage)
  const mailTokens = em.getRepository(MailToken)
  const apiKeys = em.getRepository(ApiKey)
  const { activitiesOlderThanDays } = options
  return {
    sessions: await inBatches(() => sessions.deleteEnded(now, BATCH)),
    keys: await tokens.prune(daysAgo(RETIRED_KEYS_DAYS)),
    addresses: await clearAddresses(parts),
    activities:
      activitiesOlderThanDays === undefined
        ? 0
        : await inBatches(() => activities.deleteBefore(daysAgo(activitiesOlderThanDays), BATCH)),
    deliveries: await inBatches(() => messages.deleteDone(daysAgo(DELIVERED_DAYS), BATCH)),
    mailTokens: await inBatches(() => mailTokens.deleteExpired(now, BATCH)),
    apiKeys: await inBatches(() => apiKeys.deleteExpired(daysAgo(RETIRED_KEYS_DAYS), BATCH)),
  }
}

/**
 * Prunes once an hour, and finishes deletions at once: the process before may have been killed amid one. A failure is
 * logged and tried again an hour later.
 */
export function schedulePruning(parts: Parts): { stop(): void } {
  let isStopped = false
  const run = (work: Promise<unknown>) => {
    work.catch((error: unknown) => isStopped || parts.log.error({ err: error }, 'Pruning failed'))
  }
  const timer = setInterval(() => run(prune(parts)), INTERVAL_MS)
  timer.unref()
  run(clearAddresses(parts))
  return {
    stop() {
      isStopped = true
      clearInterval(timer)
    },
  }
}

async function clearAddresses({ orm, log }: Parts): Promise<number> {
  const em = orm.em.fork({ useContext: true })
  return new AddressClearingService(em.getRepository(Activity), em.getRepository(AddressClearing), log).finish()
}

/** Calls until nothing is left, and returns the sum. */
export async function inBatches(removeBatch: () => Promise<number>): Promise<number> {
  let total = 0
  for (let removed = await removeBatch(); removed > 0; removed = await removeBatch()) total += removed
  return total
}
