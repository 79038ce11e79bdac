import type { App } from '../../src/app.ts'
import { TestClient } from './client.ts'

/** Good for every test account. */
export const PASSWORD = 'correct horse battery staple'

/** An account that has signed in. */
export interface Person {
  readonly id: string
  readonly username: string
  readonly email: string
  readonly sessionId: string
  readonly accessToken: string
  readonly refreshToken: string
  /** Calls the service as this person. */
  readonly client: TestClient
}

let people = 0

/** Opens an account of a fresh name, and signs in. */
export async function signUp(app: App, name = 'person'): Promise<Person> {
  people += 1
  const username = `${name}${people}`
  const email = `${username}@example.com`
  const register = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
  await new TestClient(app.url).get(register, { input: { username, email, password: PASSWORD } })
  return signIn(app, username)
}

/** An administrator of a fresh name, made as an operator makes one, and signed in. */
export async function signUpAdmin(app: App, name = 'chief'): Promise<Person> {
  people += 1
  const username = `${name}${people}`
  await app.createAdmin({ username, email: `${username}@example.com`, password: PASSWORD })
  return signIn(app, username)
}

const LOGIN = `mutation ($input: LoginInput!) {
  login(input: $input) { accessToken refreshToken session { id } user { id username email } }
}`

interface LoginData {
  login: {
    accessToken: string
    refreshToken: string
    session: { id: string }
    user: { id: string; username: string; email: string }
  }
}

/** One more session of an account. */
export async function signIn(app: App, identifier: string, password = PASSWORD): Promise<Person> {
  const client = new TestClient(app.url)
  const { login } = await client.get<LoginData, object>(LOGIN, { input: { identifier, password } })
  const { accessToken, refreshToken, session, user } = login
  return { ...user, sessionId: session.id, accessToken, refreshToken, client: client.with({ token: accessToken }) }
}
