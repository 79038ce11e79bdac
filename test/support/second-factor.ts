import { createHmac } from 'node:crypto'
import type { App } from '../../src/app.ts'
import { type Answer, type CallOptions, TestClient } from './client.ts'
import type { TestClock } from './clock.ts'
import { PASSWORD, type Person } from './story.ts'
import { LOGIN, type Tokens } from './tokens.ts'

export const START = 'mutation { startTotp { secret uri expiresAt } }'
export const CONFIRM = `mutation ($code: String!) {
  confirmTotp(input: { code: $code }) { recoveryCodes user { id totpEnabledAt recoveryCodesLeft updatedAt } }
}`
export const REMOVE = 'mutation { removeTotp { user { id totpEnabledAt recoveryCodesLeft } } }'
export const REPLACE_CODES = 'mutation { replaceRecoveryCodes { recoveryCodes user { id recoveryCodesLeft } } }'
export const RESET = `mutation ($id: ID!) { resetSecondFactor(input: { userId: $id }) { user { id totpEnabledAt } } }`
export const REAUTHENTICATE = `mutation ($input: ReauthenticateInput!) {
  reauthenticate(input: $input) { session { id isCurrent authenticatedAt lastActiveAt } }
}`

export interface SetUp {
  secret: string
  uri: string
  expiresAt: string
}

/** An authenticator app and a sheet of recovery codes. */
export interface Factor {
  /** Base32. */
  readonly secret: string
  readonly recoveryCodes: string[]
  /** What the app shows, or showed or will show some steps of 30 seconds from now. */
  code(steps?: number): string
}

export type SecondFactor = { code?: string | null; recoveryCode?: string | null }

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 6238 written a second time, so that the service is not measured by the library that it uses. */
export function codeAt(secret: string, moment: Date, steps = 0): string {
  const bits = [...secret].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(moment.getTime() / 30_000) + steps))
  const mac = createHmac('sha1', key).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** Six digits that are no code of the five steps around. */
export function wrongCode(secret: string, moment: Date): string {
  const near = [-2, -1, 0, 1, 2].map((steps) => codeAt(secret, moment, steps))
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code)) ?? ''
}

export async function startTotp({ client }: Pick<Person, 'client'>): Promise<SetUp> {
  return (await client.get<{ startTotp: SetUp }, undefined>(START)).startTotp
}

/** Sets up the second factor of somebody whose session is fresh. The present code is used up then. */
export async function turnOn(
  { client }: Pick<Person, 'client'>,
  clock: Pick<TestClock, 'now'> = { now: () => new Date() },
): Promise<Factor> {
  const { secret } = await startTotp({ client })
  const code = (steps = 0) => codeAt(secret, clock.now(), steps)
  const { confirmTotp } = await client.get<{ confirmTotp: { recoveryCodes: string[] } }, object>(CONFIRM, {
    code: code(),
  })
  return { secret, recoveryCodes: confirmTotp.recoveryCodes, code }
}

export async function loginWith(
  app: Pick<App, 'url'>,
  identifier: string,
  secondFactor: SecondFactor | null,
  { password = PASSWORD, ...options }: CallOptions & { password?: string } = {},
): Promise<Answer<{ login: Tokens | null }>> {
  return new TestClient(app.url).run(LOGIN, { input: { identifier, password, secondFactor } }, options)
}

export async function reauthenticate(
  { client }: Pick<Person, 'client'>,
  secondFactor?: SecondFactor,
  password = PASSWORD,
): Promise<Answer<{ reauthenticate: { session: Tokens['session'] & { authenticatedAt: string } } | null }>> {
  return client.run(REAUTHENTICATE, { input: { password, secondFactor } })
}
