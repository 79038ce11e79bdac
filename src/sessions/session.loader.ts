import DataLoader from 'dataloader'
import type { OwnedSession } from './session.repository.ts'
import type { SessionService } from './session.service.ts'

/** Open sessions by account, in one statement. */
export function createSessionLoader(sessions: SessionService): DataLoader<string, OwnedSession[]> {
  return new DataLoader((userIds) => sessions.findOpenByUsers(userIds))
}
