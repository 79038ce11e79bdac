import type { App } from '../../src/app.ts'
import type { Recorded } from '../../tools/docs/examples.ts'
import type { TestClock } from '../support/clock.ts'
import type { TokenMaker } from '../support/mail-tokens.ts'
import { GIVE_ROLE, makeRole } from '../support/roles.ts'
import { codeAt, startTotp, turnOn } from '../support/second-factor.ts'
import { PASSWORD, type Person, signIn } from '../support/story.ts'
import { refreshed } from '../support/tokens.ts'

/** The accounts of one call: new ones each time. */
export interface Cast {
  app: App
  clock: TestClock
  chief: Person
  /** Signed in on two devices. */
  alice: Person
  bob: Person
  /** A name that no account has. */
  fresh: string
  tokenOf: TokenMaker
}

/** `other` has neither mail nor registration, `strict` lets confirmed addresses in alone. */
export type Instances = Record<'usual' | 'other' | 'strict', App>

/** One call of the document of a root field. */
export interface Call {
  by?: Recorded['by']
  at?: keyof Instances
  /** Makes what has to be there, and returns what the variables need of it. */
  prepare?(cast: Cast): Promise<string>
  variables?(cast: Cast, prepared: string): object
  /** @param url of the service */
  headers?(url: string): Record<string, string>
}

const SET_VALUE = 'mutation ($input: SetSessionValueInput!) { setSessionValue(input: $input) { session { id } } }'
const CREATE_KEY = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } } }'
const UPDATE_USER = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'

export const input = (values: object) => ({ input: values })

export const credentials = ({ username }: Person, more: object = {}) =>
  input({ identifier: username, password: PASSWORD, ...more })

export const newAccount = ({ fresh }: Cast) =>
  input({ username: fresh, email: `${fresh}@example.com`, password: PASSWORD })

export async function keepValue({ alice }: Cast): Promise<string> {
  await alice.client.get(SET_VALUE, { input: { key: 'theme', value: 'dark' } })
  return 'theme'
}

/** Turns the second factor of alice on. The code that her app shows next. */
export async function nextCode({ alice, clock }: Cast): Promise<string> {
  return (await turnOn(alice, clock)).code(1)
}

/** The session is no fresh one any more. */
export async function waitLong({ clock }: Cast): Promise<string> {
  clock.advance(660)
  return ''
}

/** What asks for a fresh session of whoever has a second factor. */
export async function turnOnAndWait(cast: Cast): Promise<string> {
  const code = await nextCode(cast)
  await waitLong(cast)
  return code
}

export async function disable({ chief, alice }: Cast): Promise<string> {
  await chief.client.get(UPDATE_USER, { input: { userId: alice.id, isActive: false } })
  return ''
}

/** Uses the refresh token of alice, longer ago than it may answer again. */
export async function useToken({ app, alice, clock }: Cast): Promise<string> {
  await refreshed(app, alice.refreshToken)
  clock.advance(60)
  return ''
}

/** The id of another session of alice. */
export async function otherSession({ app, alice }: Cast): Promise<string> {
  return (await signIn(app, alice.username)).sessionId
}

/** A code that confirms what has begun. */
export async function beginSetUp({ alice, clock }: Cast): Promise<string> {
  return codeAt((await startTotp(alice)).secret, clock.now())
}

/** A role that alice has. Its name. */
export async function giveRole({ chief, alice }: Cast): Promise<string> {
  const role = await makeRole(chief, ['PROFILE_READ'])
  await chief.client.get(GIVE_ROLE, { id: alice.id, role })
  return role
}

/** The id of an API key of alice. */
export async function makeKey({ alice }: Cast): Promise<string> {
  const sent = { input: { name: 'backup', permissions: ['PROFILE_READ'] } }
  const { createApiKey } = await alice.client.get<{ createApiKey: { apiKey: { id: string } } }, object>(
    CREATE_KEY,
    sent,
  )
  return createApiKey.apiKey.id
}
