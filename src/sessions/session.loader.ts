import DataLoader from 'dataloader'
import type { SessionRow } from './session.row.ts'
import type { SessionService } from './session.service.ts'

/** Open sessions by account, in one statement. */
export function createSessionLoader(sessionService: SessionService): DataLoader<string, SessionRow[]> {
  return new DataLoader((userIds) => sessionService.findOpenByUsers(userIds))
}
