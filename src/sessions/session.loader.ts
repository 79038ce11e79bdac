import DataLoader from 'dataloader'
import type { Session } from './session.entity.ts'
import type { SessionService } from './session.service.ts'

/** Open sessions by account, in one statement. */
export function createSessionLoader(sessions: SessionService): DataLoader<string, Session[]> {
  return new DataLoader((userIds) => sessions.findOpenByUsers(userIds))
}
