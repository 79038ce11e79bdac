import { setTimeout as pause } from 'node:timers/promises'
import { call } from './service.ts'

const PASSWORD = 'correct horse battery staple'
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }'
const RENAME = 'mutation ($name: String!) { updateProfile(input: { displayName: $name }) { user { id } } }'

/** What one writer was told of its writes. */
export interface Ledger {
  readonly username: string
  /** Display names in the order of writing. A write that was refused or lost is followed by others. */
  readonly names: { name: string; told: 'done' | 'refused' | 'unknown' }[]
  readonly accounts: { username: string; told: 'done' | 'refused' | 'unknown' }[]
}

/**
 * Writes one thing after the other: every third time it opens an account, else it changes its own display name.
 * Each write is of a value of its own, and never sent twice, so that what is in the database tells which were done.
 *
 * @param isOver asked before each write
 * @param onAcknowledged told of each write that the service has confirmed
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

/** Before anything is killed. */
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
