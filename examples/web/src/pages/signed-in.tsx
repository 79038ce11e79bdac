import { Route, Switch } from 'wouter'
import { USER_PAGE } from '../parts/user-link.tsx'
import { useMay } from '../service/viewer.tsx'
import { ActivityLog } from './activity-log.tsx'
import { ApiKeys } from './api-keys.tsx'
import { NotFound } from './not-found.tsx'
import { Overview } from './overview.tsx'
import { OwnActivity } from './own-activity.tsx'
import { Profile } from './profile.tsx'
import { Roles } from './roles.tsx'
import { Security } from './security.tsx'
import { Sessions } from './sessions.tsx'
import { UserPage } from './user.tsx'
import { UsersPage } from './users.tsx'

/** Pages for which the viewer lacks the permission are not there. */
export function SignedInPages() {
  const may = useMay()
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/profile" component={Profile} />
      <Route path="/security" component={Security} />
      <Route path="/sessions" component={Sessions} />
      <Route path="/keys" component={ApiKeys} />
      {may('ACTIVITY_READ_OWN') && <Route path="/activity" component={OwnActivity} />}
      {may('USER_READ') && <Route path="/users" component={UsersPage} />}
      {may(...USER_PAGE) && <Route path="/users/:id">{({ id }) => <UserPage key={id} id={id} />}</Route>}
      {may('ROLE_MANAGE') && <Route path="/roles" component={Roles} />}
      {may('ACTIVITY_READ_ANY') && <Route path="/log" component={ActivityLog} />}
      <Route component={NotFound} />
    </Switch>
  )
}
