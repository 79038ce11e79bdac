import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import { RefreshTokens } from '../../src/auth/refresh-token.ts'
import { deriveSecrets } from '../../src/auth/secrets.ts'

const KEY = 'a secret of at least thirty-two bytes, the first'
const OTHER_KEY = 'a secret of at least thirty-two bytes, the second'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function tokensOf(key: string, previousKey?: string): RefreshTokens {
  return new RefreshTokens(deriveSecrets({ key, previousKey }).refreshToken)
}

describe('refresh tokens', () => {
  const tokens = tokensOf(KEY)
  const sessionId = uuidv7()

  it('say which session and generation they are of', () => {
    const generations = fc.integer({ min: 0, max: 0xffff_ffff })
    fc.assert(
      fc.property(fc.uuid(), generations, (id, generation) => {
        expect(tokens.read(tokens.issue(id, generation))).toEqual({ sessionId: id, generation })
      }),
    )
  })

  it('are the same for the same generation, another for the next, and at most 256 characters', () => {
    const token = tokens.issue(sessionId, 7)
    expect(tokens.issue(sessionId, 7)).toBe(token)
    expect(tokens.issue(sessionId, 8)).not.toBe(token)
    expect(token).toMatch(/^ghr_[A-Za-z0-9_-]{70}$/)
  })

  it('are refused when any one character is changed', () => {
    const token = tokens.issue(sessionId, 0)
    for (let index = 0; index < token.length; index++) {
      for (const letter of [...ALPHABET].filter((candidate) => candidate !== token[index])) {
        expect(tokens.read(token.slice(0, index) + letter + token.slice(index + 1))).toBeNull()
      }
    }
  })

  it('have one spelling: padding, white space, other alphabets and spare bits are refused', () => {
    const token = tokens.issue(sessionId, 0)
    const last = ALPHABET.indexOf(token.at(-1) ?? '')
    const respelled = token.slice(0, -1) + ALPHABET[last + 1]
    expect(Buffer.from(respelled.slice(4), 'base64url')).toEqual(Buffer.from(token.slice(4), 'base64url'))
    const standard = `ghr_${Buffer.from(token.slice(4), 'base64url').toString('base64')}`
    for (const text of [respelled, standard, `${token}=`, `${token}==`, ` ${token}`, `${token}\n`, `${token}!`]) {
      expect(tokens.read(text)).toBeNull()
    }
  })

  it('of SECRET_KEY_PREVIOUS are read but no longer issued', () => {
    const old = tokens.issue(sessionId, 3)
    const changed = tokensOf(OTHER_KEY, KEY)
    expect(changed.read(old)).toEqual({ sessionId, generation: 3 })
    expect(changed.issue(sessionId, 3)).not.toBe(old)
    expect(tokensOf(OTHER_KEY).read(old)).toBeNull()
  })

  it('made with the key of another purpose are refused', () => {
    const { cursor } = deriveSecrets({ key: KEY, previousKey: undefined })
    expect(tokens.read(new RefreshTokens(cursor).issue(sessionId, 0))).toBeNull()
  })

  it('of any other content are null and never an exception', () => {
    const prefixed = fc.string({ unit: 'binary', maxLength: 300 }).map((text) => `ghr_${text}`)
    const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => `ghr_${Buffer.from(array).toString('base64url')}`)
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), prefixed, bytes, fc.anything()), (anything) => {
        expect(tokens.read(anything as string)).toBeNull()
      }),
    )
    expect(tokens.read(`ghr_${'A'.repeat(1_000_000)}`)).toBeNull()
  })

  it('cannot be issued for what is no session or generation', () => {
    expect(() => tokens.issue('not-a-uuid', 0)).toThrow(TypeError)
    expect(() => tokens.issue(sessionId, -1)).toThrow(RangeError)
    expect(() => tokens.issue(sessionId, 2 ** 32)).toThrow(RangeError)
  })
})

describe('derived secrets', () => {
  it('are 32 bytes, all different, and a function of the key', () => {
    const { refreshToken, cursor, signingKey } = deriveSecrets({ key: KEY, previousKey: OTHER_KEY })
    const all = [refreshToken, cursor, signingKey].flatMap((key) => [key.current, key.previous])
    const spelled = all.map((bytes) => Buffer.from(bytes ?? []).toString('hex'))
    expect(new Set(spelled).size).toBe(6)
    expect(spelled.every((text) => text.length === 64)).toBe(true)
    expect(deriveSecrets({ key: OTHER_KEY, previousKey: undefined }).cursor).toEqual({ current: cursor.previous })
  })
})
