import type { SqlEntityManager } from '@mikro-orm/mysql'
import { ApiKey } from '../api-keys/api-key.entity.ts'
import { Session } from '../sessions/session.entity.ts'
import { BATCH, inBatches } from './prune.ts'

/** Ends every session and every API key, in small batches. Returns how many sessions there were. */
export async function endAllAccess(em: SqlEntityManager): Promise<number> {
  const sessions = await inBatches(() => em.getRepository(Session).deleteAny(BATCH))
  await inBatches(() => em.getRepository(ApiKey).deleteAny(BATCH))
  return sessions
}
