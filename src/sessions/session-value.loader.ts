import DataLoader from 'dataloader'
import type { Json, SessionDataService } from './session-data.service.ts'

/** The values of a session, read once however many fields ask. A document sees those of one session, the current one. */
export function createSessionValueLoader(
  dataOf: (sessionId: string) => SessionDataService,
): DataLoader<string, Map<string, Json>> {
  return new DataLoader((sessionIds) => Promise.all(sessionIds.map((id) => dataOf(id).all())))
}
