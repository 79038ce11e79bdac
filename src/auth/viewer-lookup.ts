import type { ApiKeyRepository } from '../api-keys/api-key.repository.ts'
import { type ApiKeySecrets, hasKeyPrefix, isApiKeySecret } from '../api-keys/api-key-secret.ts'
import type { ApiKeyUses } from '../api-keys/api-key-uses.ts'
import type { PermissionTable } from '../authorization/permission-table.ts'
import { narrowed } from '../authorization/rights.ts'
import { ANONYMOUS, type KeyViewer, type SessionViewer, type ViewerState } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import { AppError, ServiceUnavailableError } from '../errors.ts'
import type { Authorization } from '../graphql/request-info.ts'
import type { SessionRepository } from '../sessions/session.repository.ts'
import type { AccessClaims, TokenService } from './token.service.ts'

/** What finds who an access token speaks for. */
export interface SessionLookup {
  tokens: TokenService
  sessions: SessionRepository
  table: PermissionTable
  clock: Clock
}

export interface ViewerDependencies extends SessionLookup {
  apiKeys: ApiKeyRepository
  apiKeySecrets: ApiKeySecrets
  apiKeyUses: ApiKeyUses
}

/**
 * The viewer of a request, by access token or API key. Account, session or key, and what the role permits are read from
 * the database each time (ASVS 7.4.1), in one statement. Invalid credentials count as none. Never rejects: a fault is a
 * state, which each field that needs a viewer answers with.
 */
export async function findViewer(authorization: Authorization, deps: ViewerDependencies): Promise<ViewerState> {
  if (authorization.kind !== 'bearer') return ANONYMOUS
  try {
    const { token } = authorization
    const viewer = hasKeyPrefix(token) ? await findByKey(token, deps) : await findByToken(token, deps)
    return viewer ? { kind: 'signedIn', viewer } : ANONYMOUS
  } catch (error) {
    // After any fault the viewer is unknown, which is neither a grant nor a refusal.
    return {
      kind: 'unavailable',
      error: error instanceof AppError ? error : new ServiceUnavailableError({ cause: error }),
    }
  }
}

async function findByToken(token: string, deps: SessionLookup): Promise<SessionViewer | null> {
  const claims = await deps.tokens.verifyAccessToken(token)
  return claims && findBySession(claims, deps)
}

/** Null where the session has ended or the account is disabled. One statement. */
export async function findBySession(claims: AccessClaims, deps: SessionLookup): Promise<SessionViewer | null> {
  const found = await deps.sessions.findOpenWithUser(claims.sessionId, deps.clock())
  if (!found?.user.isActive || found.user.id !== claims.userId) return null
  const { user, session, rolePermissions } = found
  return { user, rights: deps.table.rightsOf(user.role, rolePermissions), session, apiKey: null }
}

async function findByKey(secret: string, deps: ViewerDependencies): Promise<KeyViewer | null> {
  if (!isApiKeySecret(secret)) return null
  const hashes = deps.apiKeySecrets.hashes(secret)
  const found = await deps.apiKeys.findGoodByHash(hashes, deps.clock())
  if (!found?.user.isActive) return null
  deps.apiKeyUses.note(found, hashes[0])
  const { apiKey, user, rolePermissions } = found
  const ofOwner = deps.table.rightsOf(user.role, rolePermissions)
  return { user, rights: narrowed(ofOwner, deps.table.read(apiKey.permissions)), session: null, apiKey }
}
