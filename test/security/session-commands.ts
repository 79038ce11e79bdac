import fc from 'fast-check'
import { expect } from 'vitest'
import type { App } from '../../src/app.ts'
import { TestClient } from '../support/client.ts'
import type { TestClock } from '../support/clock.ts'
import { signIn } from '../support/story.ts'
import { codesOf, login, refresh } from '../support/tokens.ts'
import type { ModelSession, SessionModel } from './session-model.ts'

/** The service that is compared with the model: two instances with one clock. */
export interface RealService {
  instances: App[]
  clock: TestClock
  username: string
  userId: string
  chief: string
}

type Step = (model: SessionModel, real: RealService) => Promise<void>

/** A step, followed by a check of every token that was ever issued. */
class Command implements fc.AsyncCommand<SessionModel, RealService> {
  constructor(
    private readonly name: string,
    private readonly step: Step,
  ) {}

  check(): boolean {
    return true
  }

  async run(model: SessionModel, real: RealService): Promise<void> {
    await this.step(model, real)
    await expectAccess(model, real)
  }

  toString(): string {
    return this.name
  }
}

const instance = fc.constantFrom(0, 1)
/** A session, counted from the newest. Mostly the same one, so that steps build on each other. */
const which = fc.constantFrom(0, 0, 0, 1, 1, 2, 3)

const logins = fc
  .tuple(instance, fc.constantFrom('right', 'right', 'right', 'right', 'wrong', 'former'))
  .map(([i, kind]) => command(`login ${kind}`, signInWith(i, kind)))
/** Several refreshes of one session in a row, where the seconds between them decide. */
const tries = fc.array(fc.record({ pause: fc.constantFrom(0, 0, 9, 10), age: fc.constantFrom(0, 0, 0, 1, 1, 2, 3) }), {
  minLength: 1,
  maxLength: 4,
})
const refreshes = fc
  .tuple(instance, which, tries)
  .map(([i, k, all]) => command(`refresh #${k} ${JSON.stringify(all)}`, refreshWith(i, k, all)))
const waits = fc
  .constantFrom(1, 1, 9, 9, 10, 11, 59, 60, 300, 599, 600)
  .map((seconds) => command(`wait ${seconds} s`, wait(seconds)))

/** fast-check picks commands with equal probability, so the most important are listed several times. */
export const commands = [
  logins,
  logins,
  refreshes,
  refreshes,
  refreshes,
  waits,
  fc.tuple(instance, which).map(([i, k]) => command(`logout #${k}`, logOut(i, k))),
  fc.tuple(instance, which).map(([i, k]) => command(`changePassword by #${k}`, changePassword(i, k))),
  fc.tuple(instance, which).map(([i, k]) => command(`revokeOtherSessions by #${k}`, revokeOthers(i, k))),
  fc
    .tuple(instance, fc.constantFrom(true, true, false))
    .map(([i, isActive]) => command(isActive ? 'enable' : 'disable', setActive(i, isActive))),
  fc.tuple(instance, fc.constantFrom('user', 'admin')).map(([i, role]) => command(`make ${role}`, setRole(i, role))),
]

function command(name: string, step: Step): Command {
  return new Command(name, step)
}

function urlOf({ instances }: RealService, index: number): App {
  return instances[index] as App
}

/** The session, and whether its newest access token still signs in. */
function pick(model: SessionModel, k: number): { session: ModelSession; token: string; isGood: boolean } | null {
  const session = model.sessions.at(-1 - k)
  const access = session?.accessTokens.at(-1)
  return session && access ? { session, token: access.token, isGood: model.isAccessGood(session, access) } : null
}

function signInWith(index: number, kind: string): Step {
  return async (model, real) => {
    const password = { right: model.password, wrong: 'never a password', former: model.passwords.at(-2) }[kind]
    const { data, codes } = await login(urlOf(real, index), real.username, password ?? 'never a password')
    const expected = kind !== 'right' ? ['INVALID_CREDENTIALS'] : model.isActive ? [] : ['ACCOUNT_DISABLED']
    expect(codes).toEqual(expected)
    if (data?.login) model.begin(data.login.session.id, data.login.refreshToken ?? '', data.login.accessToken)
  }
}

function refreshWith(index: number, k: number, tries: { pause: number; age: number }[]): Step {
  return async (model, real) => {
    const session = model.sessions.at(-1 - k)
    if (!session) return
    for (const [turn, { pause, age }] of tries.entries()) {
      await wait(pause)(model, real)
      await refreshOnce(model, urlOf(real, (index + turn) % 2), session, age)
    }
  }
}

async function refreshOnce(model: SessionModel, app: App, session: ModelSession, age: number): Promise<void> {
  const token = session.refreshTokens.at(-1 - age)
  if (!token) return
  const outcome = model.refresh(session, age)
  const { data, codes } = await refresh(app, token)
  expect(codes).toEqual(outcome === 'successor' ? [] : [outcome])
  if (outcome !== 'successor') return
  expect(data?.refresh?.session.id).toBe(session.id)
  const successor = data?.refresh?.refreshToken ?? ''
  if (age > 0) expect(successor).toBe(session.refreshTokens.at(-1))
  else session.refreshTokens.push(successor)
  expect(new Set(session.refreshTokens).size).toBe(session.refreshTokens.length)
  model.issue(session, data?.refresh?.accessToken ?? '')
}

function logOut(index: number, k: number): Step {
  return async (model, real) => {
    const picked = pick(model, k)
    if (!picked) return
    const { codes } = await clientOf(real, index, picked.token).run('mutation { logout { sessionId } }')
    expect(codes).toEqual(picked.isGood ? [] : ['UNAUTHENTICATED'])
    if (picked.isGood) picked.session.isEnded = true
  }
}

function changePassword(index: number, k: number): Step {
  return async (model, real) => {
    const picked = pick(model, k)
    if (!picked) return
    const input = { currentPassword: model.password, newPassword: `long password number ${model.passwords.length}` }
    const document = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { revokedSessions } }'
    const { data, codes } = await clientOf(real, index, picked.token).run<{ changePassword: object }, object>(
      document,
      { input },
    )
    expect(codes).toEqual(picked.isGood ? [] : ['UNAUTHENTICATED'])
    if (!picked.isGood) return
    model.passwords.push(input.newPassword)
    expect(data?.changePassword).toEqual({ revokedSessions: model.endAll(picked.session) })
  }
}

function revokeOthers(index: number, k: number): Step {
  return async (model, real) => {
    const picked = pick(model, k)
    if (!picked) return
    const document = 'mutation { revokeOtherSessions { revokedSessions } }'
    const { data, codes } = await clientOf(real, index, picked.token).run<{ revokeOtherSessions: object }, object>(
      document,
    )
    expect(codes).toEqual(picked.isGood ? [] : ['UNAUTHENTICATED'])
    if (picked.isGood) expect(data?.revokeOtherSessions).toEqual({ revokedSessions: model.endAll(picked.session) })
  }
}

function setActive(index: number, isActive: boolean): Step {
  return async (model, real) => {
    await update(real, index, { isActive })
    model.isActive = isActive
    if (!isActive) model.endAll()
  }
}

function setRole(index: number, role: string): Step {
  return async (model, real) => {
    await update(real, index, { role })
    model.role = role
  }
}

function wait(seconds: number): Step {
  return async (model, { clock }) => {
    clock.advance(seconds)
    model.now += seconds
  }
}

/** By an administrator who signs in each time, because their session expires too. */
async function update(real: RealService, index: number, change: object): Promise<void> {
  const { client } = await signIn(urlOf(real, index), real.chief)
  const document = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'
  await client.get(document, { input: { userId: real.userId, ...change } })
}

function clientOf(real: RealService, index: number, token: string): TestClient {
  return new TestClient(urlOf(real, index).url, { token })
}

/** The two newest access tokens of each session, on both instances, and the role that the newest one has. */
async function expectAccess(model: SessionModel, real: RealService): Promise<void> {
  const checks = model.sessions.flatMap((session) =>
    session.accessTokens.slice(-2).map(async (access, turn) => {
      const expected = model.isAccessGood(session, access) ? [] : ['UNAUTHENTICATED']
      expect(await codesOf(urlOf(real, turn), access.token)).toEqual(expected)
    }),
  )
  await Promise.all(checks)
  const good = model.sessions.map((_, k) => pick(model, k)).find((picked) => picked?.isGood)
  if (!good) return
  const { data } = await clientOf(real, 1, good.token).run<{ me: object }, object>(
    '{ me { role { name } } users { totalCount } }',
  )
  expect(data).toMatchObject({ me: { role: { name: model.role } }, users: model.role === 'admin' ? {} : null })
}
