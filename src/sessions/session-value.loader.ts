import DataLoader from 'dataloader'
import type { Json, SessionDataService } from './session-data.service.ts'

/** The values of a session, read once for all fields. A batch has one id, because only the current session shows them. */
export function createSessionValueLoader(
  dataOf: (sessionId: string) => SessionDataService,
): DataLoader<string, Map<string, Json>> {
  return new DataLoader((sessionIds) => Promise.all(sessionIds.map((id) => dataOf(id).all())))
}
