import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalRecoveryCode, newRecoveryCodes } from '../../src/second-factor/recovery-codes.ts'
import { seal, unseal } from '../../src/second-factor/sealing.ts'
import { newTotpSecret, stepOf, toBase32, totpUri } from '../../src/second-factor/totp.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createTestClock } from '../support/clock.ts'
import { hasNoOathtool } from '../support/installed.ts'
import { CONFIRM, codeAt, loginWith, startTotp } from '../support/second-factor.ts'
import { signUp } from '../support/story.ts'

/** RFC 6238 appendix B, SHA-1: seconds since 1970 with the last six digits of the code. */
const VECTORS: [number, string][] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
]

describe('a code of an authenticator app', () => {
  const secret = Buffer.from('12345678901234567890')

  it.each(VECTORS)('at %i seconds is the one of RFC 6238', (seconds, code) => {
    const now = new Date(seconds * 1000)
    expect(stepOf(secret, code, now)).toBe(Math.floor(seconds / 30))
    expect(codeAt(toBase32(secret), now)).toBe(code)
  })

  it('is that of the present step of 30 seconds, or of one beside it', () => {
    const now = new Date('2026-06-01T12:00:00.000Z')
    const step = now.getTime() / 30_000
    const at = (offset: number, seconds = 0) =>
      stepOf(secret, codeAt(toBase32(secret), now, offset), new Date(now.getTime() + seconds * 1000))
    expect([-2, -1, 0, 1, 2].map((offset) => at(offset))).toEqual([null, step - 1, step, step + 1, null])
    expect([-30.001, -30, 59.999, 60].map((seconds) => at(0, seconds))).toEqual([null, step, step, null])
  })

  it('has a secret of 160 bits, never the same', () => {
    const secrets = Array.from({ length: 50 }, newTotpSecret)
    expect(new Set(secrets.map(toBase32)).size).toBe(50)
    for (const bytes of secrets) expect(bytes).toHaveLength(20)
  })

  it.each([
    ['gatehouse', 'alice', '/gatehouse:alice', 'gatehouse'],
    ['https://id.example.com/?a&b#c', 'al.ice-1', '/https%2F%2Fid.example.com%2F%3Fa%26b%23c:al.ice-1', undefined],
  ])('has a URI that names %s and %s', (issuer, username, path, plain) => {
    const uri = totpUri(secret, issuer, username)
    expect(uri.startsWith(`otpauth://totp${path}?`)).toBe(true)
    expect(new URL(uri).searchParams.get('issuer')).toBe(issuer)
    if (plain) expect(uri).toContain(`issuer=${plain}&secret=${toBase32(secret)}&algorithm=SHA1&digits=6&period=30`)
  })
})

describe.skipIf(hasNoOathtool)('oathtool', () => {
  let app: TestApp
  const clock = createTestClock(new Date('2026-06-01T12:00:05.000Z'))
  const codeOf = (secret: string, steps: number) => {
    const moment = new Date(clock.now().getTime() + steps * 30_000).toISOString().replace(/\.\d+Z/, ' UTC')
    const { stdout } = spawnSync('oathtool', ['--totp', '--base32', '--now', moment.replace('T', ' '), secret])
    return String(stdout).trim()
  }

  beforeAll(async () => {
    app = await createTestApp({ backend: 'sqlite', clock: clock.now })
  })
  afterAll(() => app.close())

  it('makes the codes that set the second factor up and sign in', async () => {
    const alice = await signUp(app)
    const { secret } = await startTotp(alice)
    expect((await alice.client.run(CONFIRM, { code: codeOf(secret, -1) })).codes).toEqual([])
    for (const steps of [0, 1]) {
      expect((await loginWith(app, alice.username, { code: codeOf(secret, steps) })).codes).toEqual([])
    }
  })
})

describe('recovery codes', () => {
  it('are ten of 80 bits each, and are the same without dashes and in any case', () => {
    const codes = newRecoveryCodes()
    expect(codes).toHaveLength(10)
    for (const code of codes) {
      expect(code).toMatch(/^([a-z2-7]{4}-){3}[a-z2-7]{4}$/)
      const plain = code.replaceAll('-', '')
      for (const spelling of [code, plain, code.toUpperCase(), ` ${code.replaceAll('-', ' ')}\n`])
        expect(canonicalRecoveryCode(spelling)).toBe(plain)
    }
  })
})

describe('a sealed text', () => {
  const [key, other] = [randomBytes(32), randomBytes(32)]
  const content = Buffer.from('the content')

  it('opens with its key for its owner alone, and differs each time', () => {
    const sealed = seal(key, 'alice', content)
    expect(Buffer.from(unseal(key, 'alice', sealed) ?? [])).toEqual(content)
    expect(unseal(other, 'alice', sealed)).toBeNull()
    expect(unseal(key, 'bob', sealed)).toBeNull()
    expect(seal(key, 'alice', content)).not.toBe(sealed)
  })

  it('does not open where any part of it was changed or cut off', () => {
    const bytes = Buffer.from(seal(key, 'alice', content), 'base64url')
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes)
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(unseal(key, 'alice', changed.toString('base64url'))).toBeNull()
      expect(unseal(key, 'alice', bytes.subarray(0, index).toString('base64url'))).toBeNull()
    }
    expect(unseal(key, 'alice', 'no base64url: äöü')).toBeNull()
  })
})
