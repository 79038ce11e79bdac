import { Activity } from './activity/activity.entity.ts'
import { ActivityResolver } from './activity/activity.resolver.ts'
import { AddressClearing } from './activity/address-clearing.entity.ts'
import { ApiKey } from './api-keys/api-key.entity.ts'
import { ApiKeyResolver } from './api-keys/api-key.resolver.ts'
import { AuthResolver } from './auth/auth.resolver.ts'
import { CredentialsResolver } from './auth/credentials.resolver.ts'
import { RecoveryResolver } from './auth/recovery.resolver.ts'
import { SigningKey } from './auth/signing-key.entity.ts'
import { AuthorizationResolver } from './authorization/authorization.resolver.ts'
import { permissionMap } from './authorization/permission-map.ts'
import type { DatabaseConfig } from './config.ts'
import { Guard } from './database/guard.entity.ts'
import { loadMigrations } from './database/migration-files.ts'
import type { DatabaseParts } from './database/orm.ts'
import type { Feature } from './feature.ts'
import { MailToken } from './mail/mail-token.entity.ts'
import { OutboxMessage } from './outbox/outbox-message.entity.ts'
import { Role } from './roles/role.entity.ts'
import { RoleResolver } from './roles/role.resolver.ts'
import { FactorKey } from './second-factor/factor-key.entity.ts'
import { RecoveryCode } from './second-factor/recovery-code.entity.ts'
import { SecondFactor } from './second-factor/second-factor.entity.ts'
import { SecondFactorResolver } from './second-factor/second-factor.resolver.ts'
import { Session } from './sessions/session.entity.ts'
import { SessionResolver, SessionValueResolver } from './sessions/session.resolver.ts'
import { SessionValue } from './sessions/session-value.entity.ts'
import { User } from './users/user.entity.ts'
import { UserResolver } from './users/user.resolver.ts'
import { ActivityEdgesResolver, UserEdgesResolver } from './users/user-edges.resolver.ts'

/** The built-in features, whose services and loaders are in `context.ts`. A clone adds its own as further lines. */
export const FEATURES: readonly Feature[] = [
  {
    name: 'users',
    entities: [User, Guard],
    resolvers: [UserResolver, UserEdgesResolver, ActivityEdgesResolver],
  },
  { name: 'sessions', entities: [Session, SessionValue], resolvers: [SessionResolver, SessionValueResolver] },
  { name: 'activity', entities: [Activity, AddressClearing], resolvers: [ActivityResolver] },
  { name: 'roles', entities: [Role], resolvers: [RoleResolver] },
  { name: 'api-keys', entities: [ApiKey], resolvers: [ApiKeyResolver] },
  { name: 'outbox', entities: [OutboxMessage] },
  { name: 'mail', entities: [MailToken] },
  { name: 'auth', entities: [SigningKey], resolvers: [AuthResolver, CredentialsResolver, RecoveryResolver] },
  {
    name: 'second-factor',
    entities: [SecondFactor, RecoveryCode, FactorKey],
    resolvers: [SecondFactorResolver],
  },
  { name: 'authorization', resolvers: [AuthorizationResolver], access: permissionMap },
]

/** The built-in features and others. @throws TypeError when two have the same name */
export function withBuiltIn(others: readonly Feature[] = []): readonly Feature[] {
  const all = [...FEATURES, ...others]
  const twice = all.find(({ name }, index) => all.findIndex((other) => other.name === name) !== index)
  if (twice) throw new TypeError(`Two features have the name '${twice.name}'`)
  return all
}

/** The entities of the features, and the migrations of the folder and of those from other projects. */
export async function databaseParts(
  config: DatabaseConfig,
  features: readonly Feature[] = FEATURES,
): Promise<DatabaseParts> {
  return {
    entities: features.flatMap(({ entities }) => entities ?? []),
    migrations: [
      ...(await loadMigrations(config)),
      ...features.flatMap((feature) => feature.migrations?.[config.kind] ?? []),
    ],
  }
}
