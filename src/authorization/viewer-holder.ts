import { ForbiddenError, UnauthenticatedError } from '../errors.ts'
import { ANONYMOUS, type SessionViewer, type Viewer, type ViewerState } from './viewer.ts'

/**
 * The viewer of one request. Looked up before the first field, and again before each further mutation, so that a
 * session, role or account that one mutation has ended does not count for the next.
 */
export class ViewerHolder {
  #state: ViewerState = ANONYMOUS
  #loading: Promise<void> | undefined

  /** @param find never rejects: a fault is a state */
  constructor(private readonly find: () => Promise<ViewerState>) {}

  get state(): ViewerState {
    return this.#state
  }

  get id(): string | null {
    return this.#state.kind === 'signedIn' ? this.#state.viewer.user.id : null
  }

  /** Null without a viewer. @throws the fault of the look-up */
  get current(): Viewer | null {
    if (this.#state.kind === 'unavailable') throw this.#state.error
    return this.#state.kind === 'signedIn' ? this.#state.viewer : null
  }

  /** For fields that only signed-in viewers reach. @throws UnauthenticatedError */
  get required(): Viewer {
    const viewer = this.current
    if (!viewer) throw new UnauthenticatedError()
    return viewer
  }

  /** For fields that only sessions reach. @throws UnauthenticatedError, ForbiddenError for an API key */
  get requiredSession(): SessionViewer {
    const viewer = this.required
    if (!viewer.session) throw new ForbiddenError()
    return viewer
  }

  load(): Promise<void> {
    this.#loading ??= this.#find()
    return this.#loading
  }

  reload(): Promise<void> {
    this.#loading = this.#find()
    return this.#loading
  }

  /** Nested fields of the login and refresh payloads resolve as the new viewer. */
  signInAs({ user, rights, session }: Omit<SessionViewer, 'apiKey'>): void {
    this.#state = { kind: 'signedIn', viewer: { user, rights, session, apiKey: null } }
  }

  async #find(): Promise<void> {
    this.#state = await this.find()
  }
}
