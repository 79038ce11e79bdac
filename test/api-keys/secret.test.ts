import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiKeySecrets, isApiKeySecret } from '../../src/api-keys/api-key-secret.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { Statements } from '../support/statements.ts'
import { signUp } from '../support/story.ts'
import { codesOf } from '../support/tokens.ts'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** CRC-32 of ISO 3309 by a table, so that the service is not measured by the library that it uses. */
const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1
  return rest >>> 0
})

function crc32(text: string): number {
  const crc = [...Buffer.from(text)].reduce((sum, byte) => (sum >>> 8) ^ (TABLE[(sum ^ byte) & 255] ?? 0), 0xffffffff)
  return (crc ^ 0xffffffff) >>> 0
}

function base62(value: bigint): string {
  return value === 0n ? '' : base62(value / 62n) + DIGITS[Number(value % 62n)]
}

const signed = (random: string) => `gatehouse_${random}${base62(BigInt(crc32(random))).padStart(6, '0')}`

const secrets = new ApiKeySecrets({ current: new Uint8Array(32) })

describe('the secret of an API key', () => {
  it('is measured by a CRC-32 that knows the check value of its standard', () => {
    expect(crc32('123456789')).toBe(0xcbf43926)
    expect(base62(61n)).toBe('z')
    expect(base62(62n * 62n - 1n)).toBe('zz')
  })

  it('is gatehouse_, 43 letters and digits, and 6 of their CRC-32 in base 62', () => {
    for (let round = 0; round < 500; round += 1) {
      const secret = secrets.make()
      expect(secret).toMatch(/^gatehouse_[0-9A-Za-z]{49}$/)
      expect(secret).toBe(signed(secret.slice('gatehouse_'.length, -6)))
      expect(isApiKeySecret(secret)).toBe(true)
    }
  })

  it('has a checksum of 6 digits where fewer would do', () => {
    // Of these one in 62 has a checksum below 62 ** 5.
    const short = Array.from({ length: 2000 }, (_, n) => String(n).padStart(43, 'a')).filter(
      (random) => crc32(random) < 62 ** 5,
    )
    expect(short.length).toBeGreaterThan(0)
    for (const random of short) {
      expect(signed(random)).toMatch(/^gatehouse_.{43}0.{5}$/)
      expect(isApiKeySecret(signed(random))).toBe(true)
    }
  })

  it('uses every letter and digit in every place, and never comes twice (ASVS 11.5.1)', () => {
    const made = Array.from({ length: 3000 }, () => secrets.make().slice('gatehouse_'.length, -6))
    expect(new Set(made).size).toBe(made.length)
    for (let place = 0; place < 43; place += 1) expect(new Set(made.map((random) => random[place])).size).toBe(62)
  })

  it('is none with another form or a mistyped character', () => {
    const secret = secrets.make()
    const swap = (place: number) =>
      secret.slice(0, place) + (secret[place] === 'x' ? 'y' : 'x') + secret.slice(place + 1)
    const mistyped = Array.from({ length: secret.length }, (_, place) => swap(place))
    const others = ['', 'gatehouse_', secret.slice(1), secret.slice(0, -1), `${secret}0`, ` ${secret}`, `${secret}\n`]
    const spelled = [secret.toUpperCase(), secret.replace('_', '-'), secret.replace(/.$/, 'é')]
    for (const text of [...mistyped, ...others, ...spelled]) expect(isApiKeySecret(text), text).toBe(false)
  })
})

describe('a mistyped key', () => {
  const statements = new Statements()
  let app: TestApp
  beforeAll(async () => {
    app = await createTestApp({ backend: 'sqlite', onQuery: statements.onQuery })
    // The statements of the start are over then.
    await signUp(app)
  })
  afterAll(() => app.close())

  it('costs no statement, and a well-formed unknown one costs one', async () => {
    const secret = secrets.make()
    const mistyped = secret.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    for (const text of [mistyped, secret.slice(0, -1), 'gatehouse_'])
      expect(await statements.of(async () => expect(await codesOf(app, text)).toEqual(['UNAUTHENTICATED']))).toEqual([])
    expect(await statements.of(() => codesOf(app, secret))).toHaveLength(1)
  })
})
