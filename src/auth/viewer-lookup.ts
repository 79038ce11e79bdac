import { ANONYMOUS, type ViewerState } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import { AppError, ServiceUnavailableError } from '../errors.ts'
import type { Authorization } from '../graphql/request-info.ts'
import type { SessionRepository } from '../sessions/session.repository.ts'
import type { TokenService } from './token.service.ts'

/**
 * The viewer of a request. The token names account and session; whether both are still valid, and the role, is read
 * from the database each time (ASVS 7.4.1). Invalid credentials count as none. Never rejects: a fault is a state, which
 * each field that needs a viewer answers with.
 */
export async function findViewer(
  authorization: Authorization,
  tokens: TokenService,
  sessions: SessionRepository,
  clock: Clock,
): Promise<ViewerState> {
  if (authorization.kind !== 'bearer') return ANONYMOUS
  try {
    const claims = await tokens.verifyAccessToken(authorization.token)
    const viewer = claims && (await sessions.findOpenWithUser(claims.sessionId, clock()))
    if (!claims || !viewer?.user.isActive || viewer.user.id !== claims.userId) return ANONYMOUS
    return { kind: 'signedIn', viewer }
  } catch (error) {
    // After any fault the viewer is unknown, which is neither a grant nor a refusal.
    return {
      kind: 'unavailable',
      error: error instanceof AppError ? error : new ServiceUnavailableError({ cause: error }),
    }
  }
}
