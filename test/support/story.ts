import type { App } from '../../src/app.ts'
import { TestClient } from './client.ts'
import { graphql } from './generated/gql.ts'

/** The password of every test account. */
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

const REGISTER = graphql(`mutation Register($input: RegisterInput!) { register(input: $input) { user { id } } }`)
const LOGIN = graphql(`
  mutation Login($input: LoginInput!) {
    login(input: $input) { accessToken refreshToken session { id } user { id username email } }
  }
`)

let people = 0

/** Registers an account with an unused name, and signs in. */
export async function signUp(app: App, name = 'person'): Promise<Person> {
  people += 1
  const username = `${name}${people}`
  const email = `${username}@example.com`
  await new TestClient(app.url).get(REGISTER, { input: { username, email, password: PASSWORD } })
  return signIn(app, username)
}

/** An administrator with an unused name, created as by an operator, and signed in. */
export async function signUpAdmin(app: App, name = 'chief'): Promise<Person> {
  people += 1
  const username = `${name}${people}`
  await app.createAdmin({ username, email: `${username}@example.com`, password: PASSWORD })
  return signIn(app, username)
}

/** Opens another session of an account. */
export async function signIn(app: App, identifier: string, password = PASSWORD): Promise<Person> {
  const client = new TestClient(app.url)
  const { login } = await client.get(LOGIN, { input: { identifier, password } })
  if (!login?.refreshToken) throw new Error('No refresh token')
  const { accessToken, refreshToken, session, user } = login
  return { ...user, sessionId: session.id, accessToken, refreshToken, client: client.with({ token: accessToken }) }
}
