import type { ViewerHolder } from '../authorization/viewer-holder.ts'

/** Clears the session cookies when the ended session is the one of the request. */
export class SessionEnds {
  constructor(
    private readonly viewer: ViewerHolder,
    private readonly request: { clearSessionCookies(): void },
  ) {}

  ofSession(sessionId: string): void {
    if (this.viewer.current?.session?.id === sessionId) this.#clear()
  }

  ofUser(userId: string): void {
    if (this.viewer.id === userId) this.#clear()
  }

  #clear(): void {
    if (this.viewer.current?.session?.transport === 'COOKIE') this.request.clearSessionCookies()
  }
}
