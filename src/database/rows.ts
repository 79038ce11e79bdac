import type { Kysely, SqlEntityManager } from '@mikro-orm/mysql'
import type { Activity } from '../activity/activity.entity.ts'
import type { SigningKey } from '../auth/signing-key.entity.ts'
import type { Session } from '../sessions/session.entity.ts'
import type { SessionValue } from '../sessions/session-value.entity.ts'
import type { User } from '../users/user.entity.ts'
import type { Guard } from './guard.entity.ts'

/** Tables by their entity's name, columns by their property's name. */
export interface Tables {
  User: User
  Session: Session
  SessionValue: SessionValue
  Activity: Activity
  SigningKey: SigningKey
  Guard: Guard
}

/**
 * Statements in the terms of the entities, that return rows: property names, real dates and booleans.
 * They run in the transaction of the entity manager where there is one.
 */
export function rows(em: SqlEntityManager): Kysely<Tables> {
  return em.getKysely<Tables>({ tableNamingStrategy: 'entity', columnNamingStrategy: 'property', convertValues: true })
}
