import fc from 'fast-check'
import {
  compactDecrypt,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
} from 'jose'
import { v7 as uuidv7 } from 'uuid'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RefreshTokens } from '../../src/auth/refresh-token.ts'
import { deriveSecrets } from '../../src/auth/secrets.ts'
import { SigningKey } from '../../src/auth/signing-key.entity.ts'
import { TokenService } from '../../src/auth/token.service.ts'
import { readConfig } from '../../src/config.ts'
import { type Orm, openDatabase } from '../../src/database/orm.ts'
import { ServiceUnavailableError, StartRefusedError } from '../../src/errors.ts'
import { databaseParts } from '../../src/features.ts'
import { followClock } from '../support/clock.ts'

const SECRET = { key: 'a secret of at least thirty-two bytes, the first', previousKey: undefined }
const NEXT_SECRET = { key: 'a secret of at least thirty-two bytes, the second', previousKey: undefined }
const CONFIG = { issuer: 'gatehouse', audience: 'gatehouse', accessTokenSeconds: 900 }
const DATABASE = readConfig({ SECRET_KEY: 'none', DATABASE_URL: 'sqlite::memory:' }).database
const START = new Date('2026-01-31T12:00:00.250Z')
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

let orm: Orm
let now: Date
/** The number of statements sent. */
let uses: number

beforeEach(async () => {
  orm = await openDatabase(DATABASE, await databaseParts(DATABASE), {
    onQuery: () => {
      uses += 1
    },
  })
  await orm.schema.create()
  now = START
  followClock(() => now)
  uses = 0
})

afterEach(async () => {
  vi.restoreAllMocks()
  await orm.close(true)
})

function startService(secret: { key: string; previousKey: string | undefined } = SECRET): Promise<TokenService> {
  const em = orm.em.fork({ useContext: true })
  const signingKeys = em.getRepository(SigningKey)
  const { signingKey } = deriveSecrets(secret)
  return TokenService.create({ em, signingKeys, config: CONFIG, secret: signingKey, clock: () => now })
}

function pass(milliseconds: number): void {
  now = new Date(now.getTime() + milliseconds)
}

const who = { userId: uuidv7(), sessionId: uuidv7() }
const AUTHENTICATED = { authenticatedAt: new Date('2026-01-31T11:00:00.500Z'), hasSecondFactor: false }

async function issue(service: TokenService, sessionEndsAt = new Date(now.getTime() + 24 * HOUR)): Promise<string> {
  return (await service.issueAccessToken({ ...who, ...AUTHENTICATED, role: 'user', sessionEndsAt })).token
}

function kidOf(token: string): unknown {
  return decodeProtectedHeader(token).kid
}

async function kidsOf(service: TokenService): Promise<unknown[]> {
  return (await service.jwks()).keys.map(({ kid }) => kid)
}

function rows(): Promise<SigningKey[]> {
  return orm.em.fork().find(SigningKey, {}, { orderBy: { sequence: 'asc' } })
}

describe('an access token', () => {
  it('has the form of RFC 9068 without client_id, and no name or address inside', async () => {
    const service = await startService()
    const token = await issue(service)
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: (await rows())[0]?.id })
    const issuedAt = Math.floor(START.getTime() / 1000)
    expect(decodeJwt(token)).toEqual({
      iss: 'gatehouse',
      aud: 'gatehouse',
      sub: who.userId,
      sid: who.sessionId,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: issuedAt,
      exp: issuedAt + 900,
      roles: ['user'],
      amr: ['pwd'],
      auth_time: Math.floor(AUTHENTICATED.authenticatedAt.getTime() / 1000),
    })
  })

  it('says when and how its user proved who they are (RFC 8176, RFC 9068 section 2.2.1)', async () => {
    const service = await startService()
    const request = { ...who, ...AUTHENTICATED, role: 'user', sessionEndsAt: new Date(now.getTime() + HOUR) } as const
    const { token } = await service.issueAccessToken({ ...request, hasSecondFactor: true })
    expect(decodeJwt(token)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], auth_time: 1_769_857_200 })
  })

  it('is verified by others with the JWKS alone', async () => {
    const service = await startService()
    const token = await issue(service)
    const [jwk = {}] = (await service.jwks()).keys
    expect(jwk).toEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      x: expect.any(String),
      kid: kidOf(token),
      alg: 'EdDSA',
      use: 'sig',
    })
    const { payload } = await jwtVerify(token, await importJWK(jwk), { currentDate: now, audience: 'gatehouse' })
    expect(payload.sub).toBe(who.userId)
  })

  it('names user and session until its last second (ASVS 9.2.1)', async () => {
    const service = await startService()
    const { token, expiresAt } = await service.issueAccessToken({
      ...who,
      ...AUTHENTICATED,
      role: 'user',
      sessionEndsAt: new Date(now.getTime() + HOUR),
    })
    expect(expiresAt).toEqual(new Date('2026-01-31T12:15:00.000Z'))
    const claims = { ...who, issuedAtSeconds: 1_769_860_800, expiresAtSeconds: 1_769_861_700 }
    expect(await service.verifyAccessToken(token)).toEqual(claims)
    now = new Date(expiresAt.getTime() - 1)
    expect(await service.verifyAccessToken(token)).toEqual(claims)
    now = expiresAt
    expect(await service.verifyAccessToken(token)).toBeNull()
    expect(await (await startService()).verifyAccessToken(token)).toBeNull()
  })

  it('ends with its session', async () => {
    const service = await startService()
    const sessionEndsAt = new Date(now.getTime() + 90 * SECOND)
    const { token, expiresAt } = await service.issueAccessToken({
      ...who,
      ...AUTHENTICATED,
      role: 'admin',
      sessionEndsAt,
    })
    expect(expiresAt.getTime()).toBeLessThanOrEqual(sessionEndsAt.getTime())
    expect(decodeJwt(token).exp).toBe(expiresAt.getTime() / 1000)
    now = sessionEndsAt
    expect(await service.verifyAccessToken(token)).toBeNull()
  })

  it('costs no query, however often it is issued and verified', async () => {
    const service = await startService()
    const usesAtStart = uses
    for (let round = 0; round < 20; round++) await service.verifyAccessToken(await issue(service))
    expect(uses).toBe(usesAtStart)
  })
})

describe('a forged token', () => {
  let service: TokenService
  let kid: string
  let header: Record<string, unknown>
  let claims: Record<string, unknown>

  beforeEach(async () => {
    service = await startService()
    const genuine = await issue(service)
    header = { ...decodeProtectedHeader(genuine) }
    claims = { ...decodeJwt(genuine) }
    kid = String(header.kid)
  })

  async function realKey() {
    const [row] = await rows()
    const { plaintext } = await compactDecrypt(
      String(row?.encryptedPrivateJwk),
      deriveSecrets(SECRET).signingKey.current,
    )
    return importJWK(JSON.parse(new TextDecoder().decode(plaintext)), 'EdDSA')
  }

  /** Signed with the service's own key: only header and claims are wrong. An undefined entry is left out. */
  async function signed(headerChange: object, claimChange: object): Promise<string> {
    const head = { ...header, ...headerChange } as { alg: string }
    const signing = new SignJWT({ ...claims, ...claimChange }).setProtectedHeader(head)
    return signing.sign(await realKey(), { crit: { exp: true, other: true } })
  }

  async function verdict(token: string) {
    const claims = await service.verifyAccessToken(token)
    return claims && { userId: claims.userId, sessionId: claims.sessionId }
  }

  /** Any header, signed by the real key or not at all. */
  function assembled(head: unknown, signature = ''): string {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    return `${part(head)}.${part(claims)}.${signature}`
  }

  it('is told apart from a genuine one that was made the same way', async () => {
    expect(await verdict(await signed({}, {}))).toEqual(who)
  })

  it.each(['none', 'None', 'NONE', 'nOnE', ''])('with alg %j is refused (ASVS 9.1.2)', async (alg) => {
    const signature = (await issue(service)).split('.')[2]
    expect(await verdict(assembled({ ...header, alg }))).toBeNull()
    expect(await verdict(assembled({ ...header, alg }, signature))).toBeNull()
  })

  it('by HMAC with the public key as secret is refused (ASVS 9.1.2)', async () => {
    const [jwk = {}] = (await service.jwks()).keys
    const secrets = [String(jwk.x), JSON.stringify(jwk), Buffer.from(String(jwk.x), 'base64url')]
    for (const secret of secrets) {
      const signing = new SignJWT(claims).setProtectedHeader({ ...header, alg: 'HS256' })
      expect(await verdict(await signing.sign(Buffer.from(secret)))).toBeNull()
    }
  })

  it.each(['ES256', 'RS256', 'PS256', 'Ed25519'])(
    'by a key of the algorithm %s is refused (ASVS 9.1.2)',
    async (alg) => {
      const { privateKey } = await generateKeyPair(alg)
      expect(
        await verdict(await new SignJWT(claims).setProtectedHeader({ ...header, alg }).sign(privateKey)),
      ).toBeNull()
    },
  )

  it('that calls the right key by another algorithm is refused (ASVS 9.1.2)', async () => {
    expect(await verdict(await signed({ alg: 'Ed25519' }, {}))).toBeNull()
  })

  it('by a key of the attacker is refused, wherever it says the key is (ASVS 9.1.1, 9.1.3)', async () => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
    const jwk = await exportJWK(publicKey)
    const url = 'https://attacker.example/jwks.json'
    for (const extra of [{}, { jwk }, { jku: url }, { x5u: url }, { kid: uuidv7(), jwk }]) {
      const signing = new SignJWT(claims).setProtectedHeader({ ...header, alg: 'EdDSA', ...extra })
      expect(await verdict(await signing.sign(privateKey))).toBeNull()
    }
  })

  it.each([
    { crit: ['exp'], exp: 1 },
    { crit: ['other'], other: true },
    { jku: 'https://attacker.example' },
    { x5u: 'https://attacker.example' },
    { x5c: ['AAAA'] },
    { jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' } },
    { zip: 'DEF' },
    { cty: 'JWT' },
  ])('with the header %j is refused although the signature is good (ASVS 9.1.3)', async (extra) => {
    expect(await verdict(await signed(extra, {}))).toBeNull()
  })

  it.each(['../../etc/passwd', "x' OR '1'='1", 'x'.repeat(2_000), '', undefined, null, 1, {}])(
    'with the kid %j is refused without asking the database',
    async (strange) => {
      pass(10 * SECOND)
      const usesBefore = uses
      expect(await verdict(assembled({ ...header, kid: strange }, 'AAAA'))).toBeNull()
      expect(await verdict(assembled({ ...header, kid: [kid] }, 'AAAA'))).toBeNull()
      expect(uses).toBe(usesBefore)
    },
  )

  it.each(['JWT', 'AT+JWT', 'jwt', 'refresh+jwt', 'application/jwt', '', undefined])(
    'with the typ %j is refused (ASVS 9.2.2)',
    async (typ) => {
      expect(await verdict(await signed({ typ }, {}))).toBeNull()
    },
  )

  it.each([
    { iss: 'another' },
    { iss: ['gatehouse'] },
    { iss: undefined },
    { aud: 'another' },
    { aud: ['gatehouse', 'another'] },
    { aud: ['gatehouse'] },
    { aud: undefined },
  ])('with the claim %j is refused (ASVS 9.2.3, 9.2.4)', async (change) => {
    expect(await verdict(await signed({}, change))).toBeNull()
  })

  it.each([
    { exp: undefined },
    { exp: 1 },
    { exp: '2999-01-01' },
    { exp: 1e300 },
    { iat: undefined },
    { iat: 'now' },
    { iat: Math.floor(START.getTime() / 1000) + 31 },
    { nbf: Math.floor(START.getTime() / 1000) + 1 },
    { nbf: 'now' },
  ])('with the time %j is refused (ASVS 9.2.1)', async (change) => {
    expect(await verdict(await signed({}, change))).toBeNull()
  })

  it.each([
    { sub: undefined },
    { sub: "1' OR '1'='1" },
    { sub: 7 },
    { sid: undefined },
    { sid: [who.sessionId] },
    { sid: '' },
    { jti: undefined },
  ])('with the identity %j is refused', async (change) => {
    expect(await verdict(await signed({}, change))).toBeNull()
  })

  it('is a genuine one with any part changed (ASVS 9.1.1)', async () => {
    const [head, , signature] = (await issue(service)).split('.')
    const other = Buffer.from(JSON.stringify({ ...claims, sub: uuidv7() })).toString('base64url')
    expect(await verdict(`${head}.${other}.${signature}`)).toBeNull()
    for (const text of [`${head}.${other}`, `${head}..${signature}`, `${head}.${other}.${signature}.`]) {
      expect(await verdict(text)).toBeNull()
    }
  })

  it('by re-spelling a genuine one names the same session or none', async () => {
    const token = await issue(service)
    for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      expect([who, null]).toContainEqual(await verdict(token.slice(0, -1) + last))
    }
    for (const text of [`${token}=`, ` ${token}`, `${token} `, `${token}\n`, token.replace('.', '.\n')])
      expect(await verdict(text)).toBeNull()
  })

  it('is no token of another kind', async () => {
    const refreshToken = new RefreshTokens(deriveSecrets(SECRET).refreshToken).issue(who.sessionId, 0)
    expect(await verdict(refreshToken)).toBeNull()
    expect(await verdict(Buffer.alloc(32, 7).toString('base64url'))).toBeNull()
  })

  it('of any content is null and never an exception', async () => {
    const dotted = fc
      .array(fc.base64String({ maxLength: 40 }), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.join('.'))
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), dotted), async (text) => {
        expect(await verdict(text)).toBeNull()
      }),
    )
    expect(await verdict('a.'.repeat(32_768))).toBeNull()
  })
})

describe('the signing keys', () => {
  it('are one for two first starts at once, and stay the same at the next start', async () => {
    const [first, second] = await Promise.all([startService(), startService()])
    expect(await second.verifyAccessToken(await issue(first))).toMatchObject(who)
    expect(await first.verifyAccessToken(await issue(second))).toMatchObject(who)
    expect((await rows()).map(({ sequence }) => sequence)).toEqual([1])
    expect(await (await startService()).verifyAccessToken(await issue(first))).toMatchObject(who)
  })

  it('lie in the database encrypted (ASVS 11.3.1, 11.3.2)', async () => {
    const token = await issue(await startService())
    const [row] = await rows()
    expect(JSON.parse(String(row?.publicJwk))).not.toHaveProperty('d')
    expect(decodeProtectedHeader(String(row?.encryptedPrivateJwk))).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
      kid: kidOf(token),
    })
    await expect(
      compactDecrypt(String(row?.encryptedPrivateJwk), deriveSecrets(NEXT_SECRET).signingKey.current),
    ).rejects.toThrow()
  })

  it('are brought under a new SECRET_KEY, while nobody is logged out', async () => {
    const token = await issue(await startService())
    const between = await startService({ ...NEXT_SECRET, previousKey: SECRET.key })
    expect(await between.verifyAccessToken(token)).toMatchObject(who)
    expect(await (await startService(NEXT_SECRET)).verifyAccessToken(token)).toMatchObject(who)
    await expect(startService(SECRET)).rejects.toBeInstanceOf(StartRefusedError)
  })

  it('refuse the start with one line that repeats nothing when no secret opens them', async () => {
    await startService()
    const refusal = startService(NEXT_SECRET)
    await expect(refusal).rejects.toBeInstanceOf(StartRefusedError)
    await expect(refusal).rejects.toThrow(/^The signing keys [^\n]+SECRET_KEY_PREVIOUS\.[^\n]+$/)
    expect(await rows()).toHaveLength(1)
  })

  it('are not believed because somebody wrote them into the table', async () => {
    const token = await issue(await startService())
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
    await orm.em.fork().nativeUpdate(SigningKey, {}, { publicJwk: JSON.stringify(await exportJWK(publicKey)) })
    const restarted = await startService()
    const header = { alg: 'EdDSA', typ: 'at+jwt', kid: kidOf(token) as string }
    const forged = await new SignJWT(decodeJwt(token)).setProtectedHeader(header).sign(privateKey)
    expect(await restarted.verifyAccessToken(forged)).toBeNull()
    expect(await restarted.verifyAccessToken(token)).toMatchObject(who)
  })

  it('cannot be brought back under another name', async () => {
    const service = await startService()
    const [row] = await rows()
    await orm.em.fork().insert(SigningKey, { ...row, id: uuidv7(), sequence: 2 } as SigningKey)
    pass(10 * SECOND)
    expect(await kidsOf(service)).toEqual([row?.id])
    expect(kidOf(await issue(service))).toBe(row?.id)
  })
})

describe('a rotation of the keys', () => {
  it('publishes at once, signs after 5 minutes, and believes the old key until its last token has expired', async () => {
    const service = await startService()
    const other = await startService()
    const [oldKid] = await kidsOf(other)
    pass(2 * SECOND)
    const { kid, activeFrom } = await service.rotate()
    expect(activeFrom).toEqual(new Date(now.getTime() + 5 * MINUTE))
    expect(await kidsOf(service)).toEqual([oldKid, kid])
    expect(await kidsOf(other)).toEqual([oldKid, kid])
    expect(kidOf(await issue(service))).toBe(oldKid)

    now = new Date(activeFrom.getTime() - 1)
    const last = await issue(other)
    expect(kidOf(last)).toBe(oldKid)
    now = activeFrom
    expect(kidOf(await issue(other))).toBe(kid)
    expect(kidOf(await issue(service))).toBe(kid)

    now = new Date(activeFrom.getTime() + 899 * SECOND - 1)
    expect(await service.verifyAccessToken(last)).toMatchObject(who)
    expect(await other.verifyAccessToken(last)).toMatchObject(who)
    pass(32 * SECOND)
    expect(await kidsOf(other)).toEqual([kid])
    expect(await kidsOf(service)).toEqual([kid])
  })

  it('refuses a retired key even for a token that was just believed', async () => {
    const service = await startService()
    const token = await issue(service)
    expect(await service.verifyAccessToken(token)).toMatchObject(who)
    await orm.em.fork().nativeUpdate(SigningKey, {}, { retiredAt: new Date(now.getTime() + 90 * SECOND) })
    pass(61 * SECOND)
    expect(await service.verifyAccessToken(token)).toMatchObject(who)
    // The read that this request caused ends in the background.
    await service.jwks()
    pass(29 * SECOND)
    expect(await service.verifyAccessToken(token)).toBeNull()
    expect(await kidsOf(service)).toEqual([])
  })

  it('is one for two at once, and both tell the same key', async () => {
    const service = await startService()
    const other = await startService()
    const [one, two] = await Promise.all([service.rotate(), other.rotate()])
    expect((await rows()).length).toBe(new Set([one.kid, two.kid]).size + 1)
    expect(await other.verifyAccessToken(await issue(service))).toMatchObject(who)
    expect((await rows()).slice(0, -1).every(({ retiredAt }) => retiredAt !== null)).toBe(true)
    expect((await rows()).at(-1)?.retiredAt).toBeNull()
  })

  it('again within 5 minutes leaves the end of the first key as it was', async () => {
    const service = await startService()
    await service.rotate()
    const end = (await rows())[0]?.retiredAt
    pass(MINUTE)
    const { kid, activeFrom } = await service.rotate()
    expect((await rows())[0]?.retiredAt).toEqual(end)
    now = activeFrom
    expect(kidOf(await issue(service))).toBe(kid)
  })

  it('is listed, and pruned once retired', async () => {
    const service = await startService()
    const { kid, activeFrom } = await service.rotate()
    const list = await service.list()
    expect(list.map(({ sequence }) => sequence)).toEqual([1, 2])
    expect(list[1]).toEqual({ kid, sequence: 2, createdAt: now, activeFrom, retiredAt: null })
    const retiredAt = list[0]?.retiredAt ?? now
    expect(await service.prune(retiredAt)).toBe(0)
    expect(await service.prune(new Date(retiredAt.getTime() + 1))).toBe(1)
    expect(await service.list()).toEqual([list[1]])
  })

  it('is noticed by an unknown kid, with at most one read in 5 s', async () => {
    const service = await startService()
    const other = await startService()
    const { activeFrom } = await other.rotate()
    now = activeFrom
    const token = await issue(other)
    now = new Date(START.getTime() + 4 * SECOND)
    const early = {
      ...decodeJwt(token),
      iat: Math.floor(now.getTime() / 1000),
      exp: Math.floor(now.getTime() / 1000) + 900,
    }
    const unknown = () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      return `${part({ ...decodeProtectedHeader(token), kid: uuidv7() })}.${part(early)}.AAAA`
    }
    const usesBefore = uses
    expect(await service.verifyAccessToken(unknown())).toBeNull()
    expect(uses).toBe(usesBefore)
    pass(SECOND)
    const many = await Promise.all(Array.from({ length: 50 }, () => service.verifyAccessToken(unknown())))
    expect(many.every((claims) => claims === null)).toBe(true)
    expect(uses).toBe(usesBefore + 1)
    now = activeFrom
    expect(await service.verifyAccessToken(token)).toMatchObject(who)
  })
})

describe('while the database is away', () => {
  const sql = (statement: string) => orm.em.execute(statement)
  const goAway = () => sql('alter table signing_keys rename to signing_keys_away')
  const comeBack = () => sql('alter table signing_keys_away rename to signing_keys')

  function withUnknownKid(token: string): string {
    const head = { ...decodeProtectedHeader(token), kid: uuidv7() }
    return [Buffer.from(JSON.stringify(head)).toString('base64url'), ...token.split('.').slice(1)].join('.')
  }

  it('known keys still serve, and an unknown one is a fault, never a refusal', async () => {
    const service = await startService()
    const token = await issue(service)
    await goAway()
    pass(10 * SECOND)
    expect(await service.verifyAccessToken(token)).toMatchObject(who)
    expect(await kidsOf(service)).toEqual([kidOf(token)])
    for (let round = 0; round < 3; round++) {
      await expect(service.verifyAccessToken(withUnknownKid(token))).rejects.toBeInstanceOf(ServiceUnavailableError)
      pass(SECOND)
    }
    await comeBack()
    pass(5 * SECOND)
    expect(await service.verifyAccessToken(withUnknownKid(token))).toBeNull()
  })

  it('a read behind a request fails silently, and stale keys issue and prove nothing', async () => {
    const service = await startService()
    const token = await issue(service)
    await goAway()
    pass(2 * MINUTE)
    expect(await service.verifyAccessToken(token)).toMatchObject(who)
    pass(2 * MINUTE)
    await expect(service.verifyAccessToken(token)).rejects.toBeInstanceOf(ServiceUnavailableError)
    await expect(issue(service)).rejects.toBeInstanceOf(ServiceUnavailableError)
    await comeBack()
    pass(SECOND)
    expect(await service.verifyAccessToken(token)).toMatchObject(who)
  })
})

describe('a clock that is set back', () => {
  it('does not make the keys in memory serve longer', async () => {
    const service = await startService()
    const token = await issue(service)
    pass(3 * MINUTE)
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + MINUTE)
    now = START
    await orm.em.execute('alter table signing_keys rename to signing_keys_away')
    await expect(service.verifyAccessToken(token)).rejects.toBeInstanceOf(ServiceUnavailableError)
  })
})
