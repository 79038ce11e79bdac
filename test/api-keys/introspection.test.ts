import { Writable } from 'node:stream'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import {
  allowInsecureRequests,
  Configuration,
  type IntrospectionResponse,
  ResponseBodyError,
  tokenIntrospection,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { giveRole, makeKey, type NewKey, revokeKey, UPDATE_USER } from '../support/api-keys.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock } from '../support/clock.ts'
import { hasNoMariaDb } from '../support/installed.ts'
import { createDatabase } from '../support/mariadb.ts'
import { openSql } from '../support/sql.ts'
import { Statements } from '../support/statements.ts'
import { type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const FORM = 'application/x-www-form-urlencoded'
const OF_USER = 'profile:read profile:update profile:delete activity:read_own'
const INACTIVE = '{"active":false}'

/** As any HTTP client asks. */
async function ask(
  app: Pick<App, 'url'>,
  secret: string | null,
  token: string,
): Promise<[status: number, text: string]> {
  const answer = await fetch(`${app.url}/oauth/introspect`, {
    method: 'POST',
    headers: { 'content-type': FORM, ...(secret !== null && { authorization: `Bearer ${secret}` }) },
    body: new URLSearchParams({ token }).toString(),
  })
  return [answer.status, await answer.text()]
}

/** As openid-client asks, an independent implementation of RFC 7662. */
function introspect({ url }: Pick<App, 'url'>, secret: string, token: string): Promise<IntrospectionResponse> {
  const server = { issuer: url, introspection_endpoint: `${url}/oauth/introspect` }
  const config = new Configuration(server, 'orders', undefined, (_server, _client, _body, headers) => {
    headers.set('authorization', `Bearer ${secret}`)
  })
  allowInsecureRequests(config)
  return tokenIntrospection(config, token, { token_type_hint: 'access_token' })
}

describeEachBackend('introspection of access tokens (RFC 7662)', (backend) => {
  const clock = createTestClock(new Date(Math.floor(Date.now() / 1000) * 1000))
  const statements = new Statements()
  const logged: string[] = []
  let app: TestApp
  let other: App
  let chief: Person
  let key: NewKey

  beforeAll(async () => {
    const logDestination = new Writable({
      write(line, _encoding, done) {
        logged.push(String(line))
        done()
      },
    })
    const env = { LOG_LEVEL: 'trace', LOG_REQUESTS: 'true' }
    app = await createTestApp({ backend, env, clock: clock.now, onQuery: statements.onQuery, logDestination })
    const second = { ...app, env: { ...app.env, LOG_LEVEL: 'silent', ACCESS_TOKEN_TTL: '60' } }
    other = await createSecondInstance(second, { clock: clock.now })
    chief = await signUpAdmin(app)
    key = await makeKey(app, chief, ['TOKEN_INTROSPECT'])
  })
  afterAll(async () => {
    await other.close()
    await app.close()
  })

  /** The answers of openid-client and by hand, at both instances, which are the same. */
  const answerOf = async (token: string): Promise<IntrospectionResponse> => {
    const answer = await introspect(app, key.secret, token)
    for (const instance of [app, other])
      expect(await ask(instance, key.secret, token)).toEqual([200, JSON.stringify(answer)])
    return answer
  }

  it('tells of an open session who has it, until when, and what they may do', async () => {
    const alice = await signUp(app)
    const iat = clock.now().getTime() / 1000
    const answer = await answerOf(alice.accessToken)
    expect(answer).toEqual({
      active: true,
      sub: alice.id,
      sid: alice.sessionId,
      iat,
      exp: iat + 900,
      iss: 'gatehouse',
      aud: 'gatehouse',
      token_type: 'Bearer',
      scope: OF_USER,
    })
    // As the token itself says, checked with the public keys alone by jose.
    const keys = createRemoteJWKSet(new URL(`${app.url}/.well-known/jwks.json`))
    const { payload } = await jwtVerify(alice.accessToken, keys, {
      issuer: 'gatehouse',
      audience: 'gatehouse',
      typ: 'at+jwt',
      currentDate: clock.now(),
    })
    const { sub, sid, iss, aud, exp } = payload
    expect(answer).toMatchObject({ sub, sid, iss, aud, exp, iat: payload.iat })
  })

  it('tells the moments of each token, issued elsewhere and asked for again', async () => {
    const alice = await signUp(other)
    const iat = clock.now().getTime() / 1000
    clock.advance(30)
    for (let round = 0; round < 2; round += 1)
      expect(await answerOf(alice.accessToken)).toMatchObject({ iat, exp: iat + 60 })
    clock.advance(30)
    expect(await answerOf(alice.accessToken)).toEqual({ active: false })
  })

  it('tells the permissions of now, not of when the token was issued (ASVS 8.3.2)', async () => {
    const alice = await signUp(app)
    await giveRole(app, chief, alice.id, ['USER_READ', 'PROFILE_READ'])
    expect(await answerOf(alice.accessToken)).toMatchObject({ scope: 'profile:read user:read' })
    await giveRole(app, chief, alice.id, [])
    expect(await answerOf(alice.accessToken)).toMatchObject({ active: true, scope: '' })
    const admin = (await answerOf(chief.accessToken)).scope?.split(' ')
    expect(admin).toContain('token:introspect')
    expect(admin).toHaveLength(14)
  })

  it('takes two statements: one for the key, one for session, account and role', async () => {
    const alice = await signUp(app)
    await ask(app, key.secret, alice.accessToken)
    expect(await statements.of(() => ask(app, key.secret, alice.accessToken))).toHaveLength(2)
    expect(await statements.of(() => ask(app, key.secret, key.secret))).toHaveLength(1)
    expect(await statements.of(() => ask(app, key.secret, ''))).toHaveLength(1)
    expect(await statements.of(() => ask(app, null, alice.accessToken))).toHaveLength(0)
  })

  it('calls everything else inactive, and tells no difference (ASVS 7.4.1)', async () => {
    const alice = await signUp(app)
    const expectInactive = async (token: string) => {
      for (const instance of [app, other]) expect(await ask(instance, key.secret, token)).toEqual([200, INACTIVE])
    }
    const [head = '', body = '', signature = ''] = alice.accessToken.split('.')
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
    const foreign = await createTestApp({ backend: 'sqlite', env: { JWT_ISSUER: 'elsewhere' }, clock: clock.now })
    const stranger = await signUp(foreign)
    await foreign.close()
    for (const token of [
      '',
      'x',
      'a'.repeat(5000),
      alice.refreshToken,
      key.secret,
      (await makeKey(app, alice, ['PROFILE_READ'])).secret,
      stranger.accessToken,
      `${none}.${body}.`,
      `${head}.${body}.${signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`,
      `${alice.accessToken} `,
      `Bearer ${alice.accessToken}`,
    ])
      await expectInactive(token)

    const [signedOut, disabled, deleted] = [await signUp(app), await signUp(app), await signUp(app)]
    const people = [signedOut, disabled, deleted]
    for (const { accessToken } of people) expect(await answerOf(accessToken)).toMatchObject({ active: true })
    await signedOut.client.get('mutation { logout { sessionId } }')
    await chief.client.get(UPDATE_USER, { input: { userId: disabled.id, isActive: false } })
    await chief.client.get('mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }', { id: deleted.id })
    for (const { accessToken } of people) await expectInactive(accessToken)

    // An account that is disabled with its session left open, as by hand.
    const asleep = await signUp(app)
    const sql = await openSql(app)
    await sql.run('update users set is_active = 0 where id = ?', [asleep.id])
    await sql.close()
    await expectInactive(asleep.accessToken)

    expect(await answerOf(alice.accessToken)).toMatchObject({ active: true })
    clock.advance(900)
    await expectInactive(alice.accessToken)
  })

  it('is answered to good keys alone, with token:introspect at the moment (ASVS 8.2.1)', async () => {
    const owner = await signUpAdmin(app)
    const [asking, narrow] = [await makeKey(app, owner, ['TOKEN_INTROSPECT']), await makeKey(app, owner, ['USER_READ'])]
    const { accessToken } = owner
    const strangers = [null, '', accessToken, `${asking.secret.slice(0, -1)}x`, owner.refreshToken, 'gatehouse_']
    for (const secret of strangers)
      expect(await ask(app, secret, accessToken)).toEqual([401, '{"error":"invalid_client"}'])
    const insufficient = [403, '{"error":"insufficient_scope"}']
    expect(await ask(app, narrow.secret, accessToken)).toEqual(insufficient)
    expect((await ask(app, asking.secret, accessToken))[0]).toBe(200)
    // By openid-client, whose errors are those of its standards.
    await expect(introspect(app, 'nobody', accessToken)).rejects.toBeInstanceOf(WWWAuthenticateChallengeError)
    await expect(introspect(app, narrow.secret, accessToken)).rejects.toThrow(ResponseBodyError)
    await expect(introspect(app, narrow.secret, accessToken)).rejects.toMatchObject({ error: 'insufficient_scope' })

    await giveRole(app, chief, owner.id, ['USER_READ'])
    for (const instance of [app, other]) expect(await ask(instance, asking.secret, accessToken)).toEqual(insufficient)
    await giveRole(app, chief, owner.id, ['TOKEN_INTROSPECT'])
    expect((await ask(other, asking.secret, accessToken))[0]).toBe(200)
    await revokeKey(await signIn(app, owner.username), asking.id)
    for (const instance of [app, other]) expect((await ask(instance, asking.secret, accessToken))[0]).toBe(401)
  })

  it('leaves neither the token nor the key in the log, nor a row (ASVS 16.2.5)', async () => {
    const alice = await signUp(app)
    const before = await statements.of(() => ask(app, key.secret, alice.accessToken))
    expect(before.filter((sql) => sql.includes('activities'))).toEqual([])
    await ask(app, key.secret, 'a-token-of-somebody')
    await ask(app, 'a-token-of-somebody', alice.accessToken)
    const secrets = [alice.accessToken, alice.accessToken.split('.')[2] ?? '', key.secret, 'a-token-of-somebody']
    expect(logged.length).toBeGreaterThan(0)
    for (const line of logged) for (const secret of secrets) expect(line).not.toContain(secret)
  })
})

describe.skipIf(hasNoMariaDb)('introspection while the database is away', () => {
  let proxy: TcpProxy
  let app: TestApp
  beforeAll(async () => {
    const url = inject('mariaDbUrl') ?? ''
    proxy = await TcpProxy.start(Number(new URL(url).port))
    const DATABASE_URL = proxy.through(await createDatabase(url))
    app = await createTestApp({ backend: 'sqlite', env: { DATABASE_URL } })
  })
  afterAll(async () => {
    await app.close()
    await proxy.close()
  })

  it('is 503, never inactive, and again as before when it is back', async () => {
    const chief = await signUpAdmin(app)
    const { secret } = await makeKey(app, chief, ['TOKEN_INTROSPECT'])
    expect((await ask(app, secret, chief.accessToken))[0]).toBe(200)
    await proxy.refuse()
    const away = [503, '{"error":"temporarily_unavailable"}']
    for (const token of [chief.accessToken, '', 'x']) expect(await ask(app, secret, token)).toEqual(away)
    await proxy.pass()
    await expect.poll(async () => (await ask(app, secret, chief.accessToken))[0], { timeout: 10_000 }).toBe(200)
  })
})
