import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { type Change, createSession, type ErrorExtensions, type Session } from '../packages/client/src/index.ts'
import { createTestApp, type TestApp } from './support/app.ts'
import { createTestClock } from './support/clock.ts'
import { PASSWORD, type Person, signUp } from './support/story.ts'
import { TcpProxy } from './support/tcp-proxy.ts'

const ME = '{ me { username } }'

describe('packages/client', () => {
  let app: TestApp
  let alice: Person

  const clock = createTestClock()

  beforeAll(async () => {
    app = await createTestApp({ backend: 'sqlite', clock: clock.now })
    alice = await signUp(app, 'alice')
  })
  afterAll(() => app.close())

  /** A session of alice whose refreshes are answered by `answer`, or by the service where that gives nothing. */
  async function signIn(answer: () => Response | undefined = () => undefined) {
    const asked: string[] = []
    const send = async (input: string | URL | Request, init?: RequestInit) => {
      const isRefresh = String(init?.body).includes('refresh(')
      if (isRefresh) asked.push('refresh')
      return (isRefresh && answer()) || fetch(input, init)
    }
    const session = createSession({ url: `${app.url}/graphql`, transport: 'BODY', fetch: send, retryFor: 500 })
    const changes: Change[] = []
    session.onChange((change) => changes.push(change))
    await session.login({ identifier: alice.username, password: PASSWORD })
    return { session, changes, asked }
  }

  /** Has the session renew its access token. */
  const renew = async (session: Session) => session.token((await session.token()) ?? '')

  const refusal =
    (code: string, more: object = {}) =>
    () =>
      Response.json({ data: { refresh: null }, errors: [{ message: code, extensions: { code, ...more } }] })

  it('renews once for parallel requests, and sends again what was refused', async () => {
    const { session, asked } = await signIn()
    clock.advance(1000)
    const first = await session.token()
    expect(await session.ask(ME)).toEqual({ data: { me: { username: alice.username } } })
    expect([asked.length, (await session.token()) === first]).toEqual([1, false])
    const tokens = await Promise.all([renew(session), renew(session), renew(session)])
    expect([new Set(tokens).size, tokens[0] === first, asked.length]).toEqual([1, false, 2])
    await session.logout()
    expect(await session.ask(ME)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  it('goes on after an answer that was lost', async () => {
    const proxy = await TcpProxy.start(Number(new URL(app.url).port))
    const session = createSession({ url: proxy.through(`${app.url}/graphql`), transport: 'BODY' })
    await session.login({ identifier: alice.username, password: PASSWORD })
    const lost = proxy.resetAt('refresh(', true)
    const [token] = await Promise.all([renew(session), lost])
    expect(token).toEqual(expect.any(String))
    expect(await session.ask(ME)).toEqual({ data: { me: { username: alice.username } } })
    await proxy.close()
  })

  it('tells that a session ended, also while a request waits for its token', async () => {
    const { session, changes } = await signIn(refusal('REFRESH_TOKEN_REUSED'))
    await expect(renew(session)).rejects.toThrow('ended or changed hands')
    expect(changes.map(({ reason }) => reason)).toEqual([null, 'REFRESH_TOKEN_REUSED'])
    expect([session.user, await session.token()]).toEqual([null, null])
  })

  it.each([
    ['RATE_LIMITED', { retryAfter: 60 }, 1],
    ['CSRF_FAILED', {}, 2],
    ['INTERNAL_SERVER_ERROR', { requestId: 'a' }, 2],
  ])('lives on after %s', async (code, more, times) => {
    const { session, changes, asked } = await signIn(refusal(code, more))
    const [first, second] = await Promise.allSettled([renew(session), renew(session)])
    expect(second).toEqual(first)
    expect(first).toMatchObject({ reason: { extensions: { code, ...more } } })
    await expect(session.token()).rejects.toMatchObject({ code })
    expect([asked.length, changes.length, session.user]).toEqual([times, 1, changes[0]?.user])
  })

  it.each([
    ['SERVICE_UNAVAILABLE', refusal('SERVICE_UNAVAILABLE')],
    ['a proxy without a service', () => new Response('<html>', { status: 502 })],
    ['a fault of the network', () => Response.error()],
  ])('sends again after %s', async (_name, answer) => {
    let left = 2
    const { session, changes, asked } = await signIn(() => (left-- > 0 ? answer() : undefined))
    expect(await renew(session)).toEqual(expect.any(String))
    expect([asked.length, changes.length]).toEqual([3, 1])
  })

  it('uses an access token that is still good while the service is away', async () => {
    const { session, asked } = await signIn(refusal('SERVICE_UNAVAILABLE'))
    const token = await session.token()
    const real = performance.now.bind(performance)
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => real() + 880_000)
    expect(await session.token()).toBe(token)
    expect(asked.length).toBeGreaterThan(0)
    clock.mockImplementation(() => real() + 900_000)
    await expect(session.token()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    clock.mockRestore()
  })

  it('keeps requests of one user from the tokens of the next', async () => {
    const bob = await signUp(app, 'bob')
    const { session } = await signIn()
    const waiting = renew(session)
    const [refused] = await Promise.allSettled([
      waiting,
      session.login({ identifier: bob.username, password: PASSWORD }),
    ])
    expect(refused.status === 'fulfilled' || refused.reason.name === 'SessionEndedError').toBe(true)
    expect(await session.ask(ME)).toEqual({ data: { me: { username: bob.username } } })
  })

  it('throws what a sign-in was refused for', async () => {
    const { session } = await signIn()
    const refused = session.login({ identifier: alice.username, password: 'not the password' })
    await expect(refused).rejects.toMatchObject({ name: 'GatehouseError', code: 'INVALID_CREDENTIALS' })
    const again = session.reauthenticate({ password: 'not the password' })
    await expect(again).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' })
    expect((await session.ask(ME)).errors).toBeUndefined()
  })

  it('needs no other package, and is no part of the install of the service', () => {
    const manifest = JSON.parse(readFileSync('packages/client/package.json', 'utf8'))
    expect([manifest.dependencies, Object.keys(manifest.peerDependenciesMeta)]).toEqual([
      undefined,
      Object.keys(manifest.peerDependencies),
    ])
    expect(readFileSync('package-lock.json', 'utf8')).not.toMatch(/packages\/client|@apollo\/client|@urql/)
  })

  it('has a type for what stands beside each code', () => {
    type Of<Code> = Extract<ErrorExtensions, { code: Code }>
    expectTypeOf<Of<'RATE_LIMITED'>['retryAfter']>().toEqualTypeOf<number>()
    expectTypeOf<Of<'BAD_USER_INPUT'>['fields']>().extract<undefined>().toBeUndefined()
    expectTypeOf<Of<'SECOND_FACTOR_REQUIRED'>['methods'][number]>().toEqualTypeOf<'TOTP' | 'RECOVERY_CODE'>()
    expectTypeOf<Of<'CONFLICT'>>().not.toHaveProperty('retryAfter')
  })
})
