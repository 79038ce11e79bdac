import { ANONYMOUS, type ViewerState } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import { AppError, ServiceUnavailableError } from '../errors.ts'
import type { Authorization } from '../graphql/request-info.ts'
import type { SessionRepository } from '../sessions/session.repository.ts'
import type { TokenService } from './token.service.ts'

/**
 * Who sends this request. The token says only who and which session; whether both still are, and with what role, is
 * read from the database each time (ASVS 7.4.1). Credentials that are bad are none. A fault never rejects: it is a
 * state, and the error of each field that needs a viewer.
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
    // Whatever it was, the viewer is not known: neither a grant nor a refusal.
    return {
      kind: 'unavailable',
      error: error instanceof AppError ? error : new ServiceUnavailableError({ cause: error }),
    }
  }
}
