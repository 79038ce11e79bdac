import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest'
import type { App } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openOperator } from '../../src/operations/operator.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock, followClock } from '../support/clock.ts'
import { createDatabase } from '../support/mariadb.ts'
import { signIn, signUp, signUpAdmin } from '../support/story.ts'
import { codesOf, refreshed } from '../support/tokens.ts'

interface Jwks {
  keys: { kid: string; [member: string]: string }[]
}

const NOBODY = ['UNAUTHENTICATED']
const kidOf = (token: string) => decodeProtectedHeader(token).kid

describeEachBackend('the signing keys', (backend) => {
  let app: TestApp
  let other: App
  let clock: ReturnType<typeof createTestClock>

  beforeAll(async () => {
    clock = createTestClock()
    followClock(clock.now)
    app = await createTestApp({ backend, clock: clock.now })
    other = await createSecondInstance(app, { clock: clock.now })
  })
  afterAll(async () => {
    vi.restoreAllMocks()
    await other.close()
    await app.close()
  })

  async function jwksOf({ url }: App) {
    const response = await fetch(`${url}/.well-known/jwks.json`)
    return { keys: ((await response.json()) as Jwks).keys, headers: response.headers }
  }

  it('are published for others, the public part alone, and verify every access token', async () => {
    const { accessToken } = await signUp(app)
    const { keys, headers } = await jwksOf(other)
    expect(headers.get('cache-control')).toMatch(/max-age=300/)
    expect(keys).toEqual([
      { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: kidOf(accessToken), alg: 'EdDSA', use: 'sig' },
    ])
    const [head, body, signature = ''] = accessToken.split('.')
    const key = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' })
    expect(verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('rotate without signing anybody out: published at once, signing after 5 minutes, the old one refused later', async () => {
    const alice = await signUp(app)
    const oldKid = kidOf(alice.accessToken)
    const operator = await openOperator(readConfig(app.env))
    const { kid } = await operator.rotateKeys()
    const [retired] = await operator.listKeys()
    await operator.close()
    clock.advance(2)
    for (const instance of [app, other])
      expect((await jwksOf(instance)).keys.map((key) => key.kid)).toEqual([oldKid, kid])

    clock.advance(280)
    const last = await refreshed(app, alice.refreshToken)
    expect(kidOf(last.accessToken)).toBe(oldKid)
    clock.advance(60)
    const next = await refreshed(other, last.refreshToken)
    expect(kidOf(next.accessToken)).toBe(kid)
    for (const instance of [app, other])
      for (const token of [alice, last, next].map(({ accessToken }) => accessToken))
        expect(await codesOf(instance, token)).toEqual([])

    expect(retired?.kid).toBe(oldKid)
    clock.advance(((retired?.retiredAt?.getTime() ?? 0) - clock.now().getTime()) / 1000)
    for (const instance of [app, other]) {
      expect((await jwksOf(instance)).keys.map((key) => key.kid)).toEqual([kid])
      expect(await codesOf(instance, last.accessToken)).toEqual(NOBODY)
    }
    const again = await refreshed(app, next.refreshToken)
    expect(kidOf(again.accessToken)).toBe(kid)
    expect(await codesOf(other, again.accessToken)).toEqual([])
  })

  it('stay while SECRET_KEY changes, and so do sessions and cursors; afterwards the old secret is worth nothing', async () => {
    const first = await createTestApp({ backend })
    const chief = await signUpAdmin(first)
    await signUp(first)
    const USERS = 'query ($after: String) { users(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } }'
    interface Users {
      users: { nodes: { id: string }[]; pageInfo: { endCursor: string } }
    }
    const { users } = await chief.client.get<Users, object>(USERS)
    const after = users.pageInfo.endCursor
    const idle = await signIn(first, chief.username)

    const SECRET_KEY = randomBytes(32).toString('base64url')
    const during = { ...first.env, SECRET_KEY, SECRET_KEY_PREVIOUS: first.env.SECRET_KEY ?? '' }
    const second = await createSecondInstance({ ...first, env: during })
    expect(await codesOf(second, chief.accessToken)).toEqual([])
    const moved = await refreshed(second, chief.refreshToken)
    const onSecond = await signIn(second, chief.username)
    const page = await onSecond.client.get<Users, object>(USERS, { after })
    expect(page.users.nodes).toEqual([{ id: chief.id }])
    expect(page.users.pageInfo.endCursor).not.toBe(after)
    await second.close()

    const third = await createSecondInstance({ ...first, env: { ...first.env, SECRET_KEY } })
    expect(await codesOf(third, moved.accessToken)).toEqual([])
    expect(await codesOf(third, idle.accessToken)).toEqual([])
    await refreshed(third, moved.refreshToken)
    const { client } = await signIn(third, chief.username)
    expect((await client.run(USERS, { after })).codes).toEqual(['BAD_USER_INPUT'])
    await expect(refreshed(third, idle.refreshToken)).rejects.toThrow('REFRESH_TOKEN_INVALID')
    await third.close()
    await first.close()
  })

  it('that cannot be decrypted refuse the start with one plain line', async () => {
    const env = { ...app.env, SECRET_KEY: randomBytes(32).toString('base64url') }
    const refused = createSecondInstance({ ...app, env })
    await expect(refused).rejects.toThrow(/^The signing keys [^\n]+$/)
    const withBoth = { ...env, SECRET_KEY_PREVIOUS: randomBytes(32).toString('base64url') }
    await expect(createSecondInstance({ ...app, env: withBoth })).rejects.toThrow(/^The signing keys [^\n]+$/)
    expect(await codesOf(app, (await signUp(app)).accessToken)).toEqual([])
  })

  it('are one for two first starts at once', async () => {
    const DATABASE_URL =
      backend === 'mysql'
        ? await createDatabase(inject('mariaDbUrl') ?? '')
        : (app.env.DATABASE_URL ?? '').replace('gatehouse.db', 'twins.db')
    const start = () => createSecondInstance({ ...app, env: { ...app.env, DATABASE_URL } })
    const [one, two] = await Promise.all([start(), start()])
    const { accessToken } = await signUp(one)
    expect(await codesOf(two, accessToken)).toEqual([])
    expect(await codesOf(one, (await signUp(two)).accessToken)).toEqual([])
    expect((await jwksOf(one)).keys).toHaveLength(1)
    await Promise.all([one.close(), two.close()])
  })
})
