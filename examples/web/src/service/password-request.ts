import { Store } from './store.ts'

/** Ends the request for the password, whether it was given or not; null where nobody asks. */
export const passwordRequest = new Store<(() => void) | null>(null)

/** Has the dialog asked for the password, and the code where there is one. Settles once it is closed. */
export function askForPassword(): Promise<void> {
  return new Promise((resolve) => {
    passwordRequest.set(() => {
      passwordRequest.set(null)
      resolve()
    })
  })
}
