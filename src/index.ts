/** What a project that builds on this one imports; `docs/extending.md` shows how. */
import 'reflect-metadata'

// Features: `declare module 'gatehouse'` adds members to Services, Loaders, AddedPermissions and AddedActions.
export { type ActionName, ActivityAction } from './activity/actions.ts'
// Services.
export { ActivityService, type Occurrence } from './activity/activity.service.ts'
// GraphQL: types to refer to, and rules of input fields.
export { ActivityType } from './activity/activity.types.ts'
// The service, and the operator's commands.
export { type App, type AppOptions, createApp } from './app.ts'
export { TokenService } from './auth/token.service.ts'
export { AuthorizationService } from './authorization/authorization.service.ts'
export { EscalationService } from './authorization/escalation.service.ts'
export { Permission, type PermissionName } from './authorization/permissions.ts'
export { type AccessMap, anyone, anyoneOrViewer, session, sessionOrKey } from './authorization/rules.ts'
export { actorOf, type KeyViewer, type SessionViewer, type Viewer } from './authorization/viewer.ts'
export { CacheService } from './cache/cache.service.ts'
export { createStores, type Stores } from './cache/stores.ts'
export type { Clock } from './clock.ts'
export { type Config, ConfigError, readConfig } from './config.ts'
export type { AppContext } from './context.ts'
// Tables, rows and transactions.
export { violatedUniqueKey } from './database/faults.ts'
export { isId, newId } from './database/ids.ts'
export { countRows, pageOf } from './database/keyset.ts'
export { columnsOf, type StoredRow, type TableOf, toDate, toDateOrNull } from './database/rows.ts'
export { transaction } from './database/transaction.ts'
// Errors, each with its code.
export * from './errors.ts'
export * from './feature.ts'
export {
  CHECKED_BY_SERVICE,
  PageArguments,
  PageInfoType,
  TOTAL_COUNT,
  TOTAL_COUNT_IS_EXACT,
} from './graphql/connection.types.ts'
export { FollowsRules, HasLength, OptionalNotNull } from './graphql/field-rules.ts'
export { DateTimeScalar, JsonScalar } from './graphql/scalars.ts'
export { MailService } from './mail/mail.service.ts'
export { type Operator, openOperator } from './operations/operator.ts'
// Lists: Relay connections over keyset pages.
export { Connection } from './pagination/connection.ts'
export { CursorCodec } from './pagination/cursor.ts'
export { type Page, type PageArgs, readPage } from './pagination/page.ts'
export { PasswordHasher } from './passwords/password-hasher.ts'
export type { Overrides } from './process-parts.ts'
export { Session } from './sessions/session.entity.ts'
export { SessionService } from './sessions/session.service.ts'
export { SessionType } from './sessions/session.types.ts'
export { SessionDataService } from './sessions/session-data.service.ts'
export { User } from './users/user.entity.ts'
export { UserService } from './users/user.service.ts'
export { UserType } from './users/user.types.ts'
