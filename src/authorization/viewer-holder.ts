import { UnauthenticatedError } from '../errors.ts'
import { ANONYMOUS, type Viewer, type ViewerState } from './viewer.ts'

/**
 * The viewer of one request. Looked up once, when the first field needs it; again before each further mutation of the
 * document, so that what one mutation ended (session, role, account) no longer counts for the next.
 */
export class ViewerHolder {
  #state: ViewerState = ANONYMOUS
  #loading: Promise<void> | undefined

  /** @param find never rejects: its fault is a state */
  constructor(private readonly find: () => Promise<ViewerState>) {}

  get state(): ViewerState {
    return this.#state
  }

  get id(): string | null {
    return this.#state.kind === 'signedIn' ? this.#state.viewer.user.id : null
  }

  /** The viewer, or null without one. @throws the fault of the look-up */
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

  load(): Promise<void> {
    this.#loading ??= this.#find()
    return this.#loading
  }

  reload(): Promise<void> {
    this.#loading = this.#find()
    return this.#loading
  }

  /** What stands below the answer of `login` and `refresh` is seen by whom they signed in. */
  signInAs({ user, session }: Viewer): void {
    this.#state = { kind: 'signedIn', viewer: { user, session } }
  }

  async #find(): Promise<void> {
    this.#state = await this.find()
  }
}
