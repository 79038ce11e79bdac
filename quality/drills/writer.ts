import { setTimeout as pause } from 'node:timers/promises'
import { call } from './service.ts'

const PASSWORD = 'correct horse battery staple'
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }'
const RENAME = 'mutation ($name: String!) { updateProfile(input: { displayName: $name }) { user { id } } }'

/** The answers that one writer got. */
export interface Ledger {
  readonly username: string
  /** Display names in the order of writing. Writing goes on after a refused or lost write. */
  readonly names: { name: string; told: 'done' | 'refused' | 'unknown' }[]
  readonly accounts: { username: string; told: 'done' | 'refused' | 'unknown' }[]
}

/**
 * Writes one value after the other: every third write registers an account, the others change the writer's display name.
 * Each value is new and sent once, so that the rows show which writes were stored.
 *
 * @param isOver called before each write
 * @param onAcknowledged called after each acknowledged write
 */
export async function write(
  url: string,
  index: number,
  isOver: () => boolean,
  onAcknowledged: () => void,
): Promise<Ledger> {
  const username = `writer${index}`
  const token = await signUp(url, username)
  const ledger: Ledger = { username, names: [], accounts: [] }
  for (let turn = 0; !isOver(); turn++) {
    const told = turn % 3 === 2 ? await openAccount(url, ledger, turn) : await rename(url, ledger, turn, token)
    if (told === 'done') onAcknowledged()
    else await pause(20)
  }
  return ledger
}

/** Runs before the first kill, so it must succeed. */
async function signUp(url: string, username: string): Promise<string> {
  const email = `${username}@example.com`
  await call(url, REGISTER, { input: { username, email, password: PASSWORD } })
  const answer = await call(url, LOGIN, { input: { identifier: username, password: PASSWORD } })
  if (answer.kind !== 'done') throw new Error('The writer cannot sign in')
  return (answer.data.login as { accessToken: string }).accessToken
}

async function openAccount(url: string, { username: own, accounts }: Ledger, turn: number): Promise<string> {
  const username = `${own}.${turn}`
  const { kind } = await call(url, REGISTER, {
    input: { username, email: `${username}@example.com`, password: PASSWORD },
  })
  accounts.push({ username, told: kind })
  return kind
}

async function rename(url: string, { names }: Ledger, turn: number, token: string): Promise<string> {
  const name = `name ${turn}`
  const { kind } = await call(url, RENAME, { name }, token)
  names.push({ name, told: kind })
  return kind
}
