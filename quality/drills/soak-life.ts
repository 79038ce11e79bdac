import { ADMIN } from './production.ts'
import type { Client } from './soak-client.ts'
import * as documents from './soak-documents.ts'

const PASSWORD = 'correct horse battery staple'
const NEXT_PASSWORD = 'another horse battery staple'

interface Tokens {
  accessToken: string
  refreshToken: string
}

export async function logIn(client: Client, identifier: string, password = PASSWORD): Promise<Tokens> {
  const input = { identifier, password }
  return (await client.ask({ query: documents.LOGIN, variables: { input } })).login
}

export async function register(client: Client, username: string): Promise<string> {
  const input = { username, email: `${username}@example.com`, password: PASSWORD }
  return (await client.ask({ query: documents.REGISTER, variables: { input } })).register.user.id
}

export async function refresh(client: Client, refreshToken: string, expect?: string): Promise<Tokens> {
  return (await client.ask({ query: documents.REFRESH, variables: { token: refreshToken }, expect })).refresh
}

/** The whole life of one account: actions of its owner, an attacker and an administrator. */
export async function live(client: Client, username: string, turn: number): Promise<void> {
  const id = await register(client, username)
  await failToLogIn(client, username, turn)
  const first = await logIn(client, username)
  await browse(client, first.accessToken, id)
  await keepValues(client, first.accessToken)
  await loseSession(client, username)
  const tokens = await rotate(client, first)
  await disturb(client, tokens.accessToken, turn)
  const token = await changePassword(client, username, tokens)
  if (turn % 2 === 0) await endByAdmin(client, username, id, token)
  else await endByOwner(client, token)
}

/** Failed logins on few names, as an attacker tries them. */
async function failToLogIn(client: Client, username: string, turn: number): Promise<void> {
  for (const identifier of [username, `nobody${turn % 50}`]) {
    const variables = { input: { identifier, password: 'not this one, surely' } }
    await client.ask({ query: documents.LOGIN, variables, expect: 'INVALID_CREDENTIALS' })
  }
}

async function browse(client: Client, token: string, id: string): Promise<void> {
  await client.ask({ query: documents.ME, token })
  for (const displayName of ['One name', 'Another name']) {
    await client.ask({ query: documents.RENAME, variables: { displayName }, token })
    await client.ask({ query: documents.MY_ACTIVITIES, token })
  }
  await client.ask({ query: documents.USER, variables: { id }, token })
  await client.ask({ query: documents.CAN, variables: { id }, token })
  await client.ask({ query: documents.USERS, token, expect: 'FORBIDDEN' })
  await client.ask({ query: documents.DELETE_USER, variables: { id }, token, expect: 'FORBIDDEN' })
  await client.leaveEarly(documents.MY_ACTIVITIES, token)
  await client.ask({ query: documents.ME, expect: 'UNAUTHENTICATED' })
}

async function keepValues(client: Client, token: string): Promise<void> {
  for (let index = 0; index < 4; index++) {
    const input = { key: `key${index}`, value: { list: [index, 'x'.repeat(200)] }, expiresIn: index * 60 || null }
    await client.ask({ query: documents.SET_VALUE, variables: { input }, token })
  }
  await client.ask({ query: documents.VALUES, token })
  await client.ask({ query: documents.REMOVE_VALUE, variables: { key: 'key1' }, token })
  await client.ask({ query: documents.CLEAR_VALUES, token })
}

/** A refresh token two generations old ends its session: the newest token is refused too. */
async function loseSession(client: Client, username: string): Promise<void> {
  const stolen = await logIn(client, username)
  const second = await refresh(client, stolen.refreshToken)
  const third = await refresh(client, second.refreshToken)
  await refresh(client, stolen.refreshToken, 'REFRESH_TOKEN_REUSED')
  await refresh(client, third.refreshToken, 'REFRESH_TOKEN_INVALID')
  await client.ask({ query: documents.ME, token: third.accessToken, expect: 'UNAUTHENTICATED' })
}

/** A token that is used twice within the grace period has the same successor. */
async function rotate(client: Client, { refreshToken }: Tokens): Promise<Tokens> {
  const [next, again] = [await refresh(client, refreshToken), await refresh(client, refreshToken)]
  if (next.refreshToken !== again.refreshToken) client.tally.note('refresh: another successor')
  return refresh(client, next.refreshToken)
}

async function disturb(client: Client, token: string, turn: number): Promise<void> {
  await refresh(client, 'forged', 'REFRESH_TOKEN_INVALID')
  await client.ask({ query: documents.ME, token: `${token}x`, expect: 'UNAUTHENTICATED' })
  const variables = { input: { username: '!', email: 'none', password: '1' } }
  await client.ask({ query: documents.REGISTER, variables, expect: 'BAD_USER_INPUT' })
  for (const { path = '/graphql', status, ...init } of documents.disturbances(turn)) {
    await client.disturb(path, init, status)
  }
}

/** Changes the password while another session is open, which ends. @returns the access token of the current session */
async function changePassword(client: Client, username: string, { accessToken: token }: Tokens): Promise<string> {
  const other = await logIn(client, username)
  const wrong = { currentPassword: NEXT_PASSWORD, newPassword: NEXT_PASSWORD }
  await client.ask({
    query: documents.CHANGE_PASSWORD,
    variables: { input: wrong },
    token,
    expect: 'INVALID_CREDENTIALS',
  })
  const input = { currentPassword: PASSWORD, newPassword: NEXT_PASSWORD }
  await client.ask({ query: documents.CHANGE_PASSWORD, variables: { input }, token })
  await client.ask({ query: documents.ME, token: other.accessToken, expect: 'UNAUTHENTICATED' })
  return token
}

async function endByOwner(client: Client, token: string): Promise<void> {
  await client.ask({ query: documents.DELETE_PROFILE, variables: { password: NEXT_PASSWORD }, token })
  await client.ask({ query: documents.ME, token, expect: 'UNAUTHENTICATED' })
}

async function endByAdmin(client: Client, username: string, userId: string, token: string): Promise<void> {
  await client.ask({ query: documents.LOGOUT, token })
  const { accessToken } = await logIn(client, ADMIN.identifier, ADMIN.password)
  await client.ask({ query: documents.USERS, token: accessToken })
  await client.ask({ query: documents.ACTIVITIES, token: accessToken })
  await client.leaveEarly(documents.USERS, accessToken)
  await client.ask({ query: documents.DISABLE, variables: { userId }, token: accessToken })
  const variables = { input: { identifier: username, password: NEXT_PASSWORD } }
  await client.ask({ query: documents.LOGIN, variables, expect: 'ACCOUNT_DISABLED' })
  await client.ask({ query: documents.DELETE_USER, variables: { id: userId }, token: accessToken })
  await client.ask({ query: documents.USER, variables: { id: userId }, token: accessToken })
  await client.ask({ query: documents.LOGOUT, token: accessToken })
}
