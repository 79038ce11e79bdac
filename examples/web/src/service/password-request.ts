import { Store } from './store.ts'

/** Somebody is asked who is there. What came after the first call of the two does nothing. */
export interface PasswordRequest {
  /** The password was given: what was asked for goes on. */
  goOn(): void
  /** It was not, or somebody else has signed in: what was asked for is not done. */
  giveUp(): void
}

/** Null where nobody is asked. */
export const passwordRequest = new Store<PasswordRequest | null>(null)

/** What needed the password was not done. */
export class PasswordNotGivenError extends Error {}

/**
 * Has the dialog ask for the password, and the code where there is one.
 * @throws PasswordNotGivenError
 */
export function askForPassword(): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (work: () => void) => () => {
      passwordRequest.set(null)
      work()
    }
    passwordRequest.set({ goOn: settle(resolve), giveUp: settle(() => reject(new PasswordNotGivenError())) })
  })
}
