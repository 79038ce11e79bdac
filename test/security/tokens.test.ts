import { createHmac } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { App } from '../../src/app.ts'
import { openSigningKey } from '../../src/auth/key-pair.ts'
import { deriveSecrets } from '../../src/auth/secrets.ts'
import { SigningKey } from '../../src/auth/signing-key.entity.ts'
import { readConfig } from '../../src/config.ts'
import { openOperator } from '../../src/operations/operator.ts'
import { type Answer, ask, post, sendRaw } from '../http/http-client.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { Browser } from '../support/browser.ts'
import { createTestClock, followClock, type TestClock } from '../support/clock.ts'
import { openDatabaseOf } from '../support/database.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { codesOf, refresh, refreshed } from '../support/tokens.ts'

const NOBODY = ['UNAUTHENTICATED']

describeEachBackend('credentials that were never given out', (backend) => {
  let app: TestApp
  let person: Person
  let other: Person
  let sign: (header: object, claims: object) => Promise<string>
  let header: JWTHeaderParameters
  let claims: Record<string, unknown>

  beforeAll(async () => {
    app = await createTestApp({ backend })
    person = await signUp(app)
    other = await signUpAdmin(app)
    header = decodeProtectedHeader(person.accessToken) as JWTHeaderParameters
    claims = decodeJwt(person.accessToken)
    const key = await signingKeyOf(app)
    sign = (headerChange, claimChange) =>
      new SignJWT({ ...claims, ...claimChange })
        .setProtectedHeader({ ...header, ...headerChange })
        .sign(key, { crit: { exp: true, gatehouse: true } })
  })
  afterAll(() => app.close())

  const now = Math.floor(Date.now() / 1000)
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const unsigned = (change: object, signature = '') => `${part({ ...header, ...change })}.${part(claims)}.${signature}`
  const signatureOf = (token: string) => token.split('.')[2] ?? ''

  it('are told apart from a token that was made the same way with the same key (ASVS 9.1.1)', async () => {
    expect(await codesOf(app, await sign({}, {}))).toEqual([])
  })

  it('by no algorithm, another one, or the public key as a secret (ASVS 9.1.2)', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', 'HS256', 'ES256', null, ['EdDSA']]) {
      expect(await codesOf(app, unsigned({ alg }))).toEqual(NOBODY)
      expect(await codesOf(app, unsigned({ alg }, signatureOf(person.accessToken)))).toEqual(NOBODY)
    }
    const { keys } = (await ask(`${app.url}/.well-known/jwks.json`)).body as unknown as { keys: { x: string }[] }
    for (const secret of [keys[0]?.x ?? '', JSON.stringify(keys[0]), Buffer.from(keys[0]?.x ?? '', 'base64url'), '']) {
      const text = unsigned({ alg: 'HS256' }).slice(0, -1)
      const signature = createHmac('sha256', secret).update(text).digest('base64url')
      expect(await codesOf(app, `${text}.${signature}`)).toEqual(NOBODY)
    }
  })

  it('by a key of the attacker, wherever the header says that the key is (ASVS 9.1.1, 9.1.3)', async () => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
    const jwk = await exportJWK(publicKey)
    const url = 'https://attacker.example/jwks.json'
    for (const extra of [{}, { jwk }, { jku: url }, { x5u: url }, { kid: uuidv7(), jwk }, { kid: url }]) {
      const forged = await new SignJWT(claims).setProtectedHeader({ ...header, ...extra }).sign(privateKey)
      expect(await codesOf(app, forged)).toEqual(NOBODY)
    }
  })

  it('that name a key by a path, SQL, a list or 10 KB, or ask for extensions (ASVS 9.1.3)', async () => {
    const kids = [
      '../../../etc/passwd',
      "' UNION SELECT 1 --",
      [header.kid],
      'k'.repeat(7_000),
      '',
      null,
      7,
      {},
      uuidv7(),
    ]
    for (const kid of kids)
      expect(await codesOf(app, unsigned({ kid }, signatureOf(person.accessToken)))).toEqual(NOBODY)
    for (const extra of [
      { crit: ['exp'], exp: 1 },
      { crit: ['gatehouse'], gatehouse: 1 },
      { x5c: ['AA'] },
      { jwk: {} },
      { zip: 'DEF' },
    ])
      expect(await codesOf(app, await sign(extra, {}))).toEqual(NOBODY)
  })

  it('of another time (ASVS 9.2.1)', async () => {
    const times = [
      { exp: undefined },
      { exp: now - 1 },
      { exp: String(now + 600) },
      { exp: 1e15 },
      { exp: -1 },
      { nbf: now + 600 },
      { iat: now + 600 },
      { iat: undefined },
      { iat: 'now' },
    ]
    for (const time of times) expect(await codesOf(app, await sign({}, time))).toEqual(NOBODY)
  })

  it('of another issuer, audience or type (ASVS 9.2.2, 9.2.3, 9.2.4)', async () => {
    const wrong = [
      { iss: 'other' },
      { iss: undefined },
      { iss: ['gatehouse', 'other'] },
      { aud: 'other' },
      { aud: undefined },
      { aud: ['gatehouse', 'other'] },
    ]
    for (const change of wrong) expect(await codesOf(app, await sign({}, change))).toEqual(NOBODY)
    for (const typ of ['JWT', 'id+jwt', 'AT+JWT', '', undefined])
      expect(await codesOf(app, await sign({ typ }, {}))).toEqual(NOBODY)
    const settings = { JWT_AUDIENCE: 'elsewhere', JWT_ISSUER: 'elsewhere' }
    const sibling = await createSecondInstance({ ...app, env: { ...app.env, ...settings } })
    const foreign = await signIn(sibling, person.username)
    expect(await codesOf(sibling, foreign.accessToken)).toEqual([])
    expect(await codesOf(app, foreign.accessToken)).toEqual(NOBODY)
    expect(await codesOf(sibling, person.accessToken)).toEqual(NOBODY)
    await sibling.close()
  })

  it('that mix the session of one account with the id of another, or invent either', async () => {
    const victim = { sub: other.id, sid: other.sessionId }
    expect(await codesOf(app, await sign({}, victim))).toEqual([])
    const mixed = [
      { sub: other.id },
      { sid: other.sessionId },
      { sid: uuidv7() },
      { sub: uuidv7() },
      { sid: null },
      { sub: 0 },
    ]
    for (const change of mixed) expect(await codesOf(app, await sign({}, change))).toEqual(NOBODY)
  })

  it('gain nothing by roles or other claims: the database alone says who may do what (ASVS 8.3.1, 8.3.2)', async () => {
    const token = await sign(
      {},
      { roles: ['admin'], role: 'admin', permissions: ['user:read'], isActive: true, scope: '*' },
    )
    const answer = await person.client.run<{ me: object }, object>(
      '{ me { role { name } } users { totalCount } }',
      {},
      { token },
    )
    expect([answer.data?.me, answer.codes]).toEqual([{ role: { name: 'user' } }, ['FORBIDDEN']])
  })

  it('in the place of one another: every swap is refused (ASVS 9.2.2)', async () => {
    const browser = new Browser(app)
    const csrfToken = (await browser.login(person.username)).data?.login?.csrfToken ?? ''
    const cookie = [...browser.cookies].find(([name]) => name.includes('refresh'))?.[1] ?? ''
    const { users } = await other.client.get<{ users: { pageInfo: { endCursor: string } } }, object>(
      '{ users(first: 1) { pageInfo { endCursor } } }',
    )
    const cursor = users.pageInfo.endCursor
    for (const token of [person.refreshToken, csrfToken, cookie, cursor, person.sessionId, person.id])
      expect(await codesOf(app, token)).toEqual(NOBODY)
    for (const token of [person.accessToken, csrfToken, cookie, cursor, person.sessionId, `ghr_${cursor}`, '', 'ghr_'])
      expect((await refresh(app, token)).codes).toEqual(['REFRESH_TOKEN_INVALID'])
    for (const token of [person.accessToken, person.refreshToken, cookie, cursor])
      expect((await browser.refresh(token)).codes).toEqual(['CSRF_FAILED'])
    for (const after of [person.refreshToken, person.accessToken, csrfToken, person.id])
      expect(
        (await other.client.run('query ($after: String) { users(after: $after) { totalCount } }', { after })).codes,
      ).toEqual(['BAD_USER_INPUT'])
    expect((await browser.refresh(csrfToken)).codes).toEqual([])
  })

  it('by another scheme, in two headers, or in 64 KB of header: a clean refusal', async () => {
    const send = (authorization: string) => post(`${app.url}/graphql`, { query: '{ me { id } }' }, { authorization })
    const basic = Buffer.from(`${person.username}:${PASSWORD}`).toString('base64')
    const { accessToken } = person
    const odd = [
      `Basic ${basic}`,
      `DPoP ${accessToken}`,
      accessToken,
      `Bearer`,
      `Bearer ${accessToken} x`,
      `Bearer ${accessToken},x`,
      `Bearer: ${accessToken}`,
      `BearerX ${accessToken}`,
      `Bearer "${accessToken}"`,
    ]
    for (const authorization of odd) expect(codesIn(await send(authorization))).toEqual(NOBODY)
    expect(codesIn(await send(`bearer ${accessToken}`))).toEqual([])
    const large = await send(`Bearer ${'a'.repeat(65_536)}`)
    expect([large.status, large.text]).toEqual([431, '{"error":"Request header fields too large"}'])
    for (const second of ['Bearer x', `Bearer ${other.accessToken}`, `Bearer ${accessToken}`])
      expect(codesIn(await sendTwice(`Bearer ${accessToken}`, second))).toEqual(NOBODY)
  })

  function sendTwice(first: string, second: string): Promise<Answer> {
    const body = '{"query":"{ me { id } }"}'
    const lines = [
      'POST /graphql HTTP/1.1',
      'Host: x',
      'Connection: close',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      `Authorization: ${first}`,
      `Authorization: ${second}`,
    ]
    return sendRaw(app.url, `${lines.join('\r\n')}\r\n\r\n${body}`)
  }

  it('by re-spelling a token that was revoked (ASVS 7.4.1)', async () => {
    const leaver = await signUp(app, 'leaver')
    await leaver.client.get('mutation { logout { sessionId } }')
    const [head = '', body = '', signature = ''] = leaver.accessToken.split('.')
    const spare = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const spellings = [
      `${leaver.accessToken}=`,
      `${head}=.${body}.${signature}`,
      `${head}.${body}.${signature}==`,
      ...[...spare].map((last) => leaver.accessToken.slice(0, -1) + last),
    ]
    for (const token of spellings) expect(await codesOf(app, token)).toEqual(NOBODY)
  })

  it('never hinder who signs in, registers or refreshes', async () => {
    const token = unsigned({ alg: 'none' })
    const known = await refresh(app, (await signIn(app, person.username)).refreshToken, { token })
    expect(known.codes).toEqual([])
  })
})

describeEachBackend('a change of the signing key', (backend) => {
  let clock: TestClock
  let app: TestApp
  let second: App

  beforeAll(async () => {
    clock = createTestClock()
    followClock(clock.now)
    app = await createTestApp({ backend, clock: clock.now })
    second = await createSecondInstance(app, { clock: clock.now })
  })
  afterAll(async () => {
    vi.restoreAllMocks()
    await second.close()
    await app.close()
  })

  it('logs nobody out, reaches both instances, and ends with the old key refused', async () => {
    const person = await signUp(app)
    const operator = await openOperator(readConfig(app.env))
    const { kid } = await operator.rotateKeys()
    await operator.close()
    clock.advance(360)
    const renewed = await refreshed(second, person.refreshToken)
    expect(decodeProtectedHeader(renewed.accessToken).kid).toBe(kid)
    for (const instance of [app, second]) {
      expect(await codesOf(instance, person.accessToken)).toEqual([])
      expect(await codesOf(instance, renewed.accessToken)).toEqual([])
    }
    clock.advance(86_400)
    const later = await refreshed(app, renewed.refreshToken)
    expect(await codesOf(second, later.accessToken)).toEqual([])
    expect((await ask(`${app.url}/.well-known/jwks.json`)).body.keys).toEqual([expect.objectContaining({ kid })])
    const { iat = 0 } = decodeJwt(later.accessToken)
    const old = await new SignJWT({ ...decodeJwt(later.accessToken), iat })
      .setProtectedHeader(decodeProtectedHeader(person.accessToken) as JWTHeaderParameters)
      .sign(await signingKeyOf(app))
    for (const instance of [app, second]) expect(await codesOf(instance, old)).toEqual(NOBODY)
  })
})

function codesIn({ body }: Answer): unknown[] {
  return (body.errors ?? []).map(({ extensions }) => extensions.code)
}

/** The oldest key of the service, decrypted with its secret. */
async function signingKeyOf({ env }: TestApp) {
  const config = readConfig(env)
  const orm = await openDatabaseOf(env)
  const [row] = await orm.em.fork().getRepository(SigningKey).findInOrder()
  await orm.close()
  const pair = row && (await openSigningKey(deriveSecrets(config.secret).signingKey, row))
  if (!pair) throw new Error('No signing key')
  return pair.privateKey
}
