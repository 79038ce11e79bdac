import { Activity } from '../../activity/activity.entity.ts'
import { ActivityImportService } from '../../activity/activity-import.service.ts'
import { Guard } from '../../database/guard.entity.ts'
import { Role } from '../../roles/role.entity.ts'
import { createServices, type ProcessParts } from '../../services.ts'
import { Session } from '../../sessions/session.entity.ts'
import { User } from '../../users/user.entity.ts'
import { UserImportService } from '../../users/user-import.service.ts'

/** What imports write with, over an entity manager of their own. Made for each batch, so that none grows. */
export function importServices(parts: ProcessParts) {
  const em = parts.orm.em.fork({ useContext: true })
  const { activity } = createServices(parts, em, { ipAddress: null, userAgent: null })
  const users = em.getRepository(User)
  const roles = em.getRepository(Role)
  return {
    users: new UserImportService({
      em,
      users,
      sessions: em.getRepository(Session),
      guards: em.getRepository(Guard),
      roles,
      activity,
      clock: parts.clock,
    }),
    activities: new ActivityImportService(em.getRepository(Activity)),
    activity,
    userRepository: users,
    /** The roles that there are now. */
    roleNames: async () => new Set((await roles.findRows()).map(({ name }) => name)),
  }
}
