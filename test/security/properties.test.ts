import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/database/ids.ts'
import { CursorCodec, type Position } from '../../src/pagination/cursor.ts'
import { checkPassword } from '../../src/passwords/password-policy.ts'
import { checkDisplayName, checkEmail, checkUsername, emailKey, usernameKey } from '../../src/users/identity.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { type Person, signUpAdmin } from '../support/story.ts'

const RUNS = { numRuns: 2000 }
/** Every string of JSON, lone surrogates and NUL included. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 140 }),
  fc.string({ unit: 'grapheme', maxLength: 140 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
  // The range with the direction marks.
  fc.array(fc.integer({ min: 0x2008, max: 0x206f }), { maxLength: 3 }).map((units) => String.fromCharCode(...units)),
)

describe('a cursor', () => {
  const codec = new CursorCodec({ current: randomBytes(32) })
  const position: fc.Arbitrary<Position> = fc.record({
    key: fc.oneof(fc.date({ noInvalidDate: true }), fc.stringMatching(/^[\x21-\x7e]{1,254}$/)),
    id: fc.constant(null).map(newId),
  })

  it('leads back to the position that it was made of', () => {
    fc.assert(
      fc.property(position, anyText, (place, list) => {
        expect(codec.decode(codec.encode(place, list), list)).toEqual(place)
      }),
      RUNS,
    )
  })

  it('is one of its own list, order, account and service alone', () => {
    const stranger = new CursorCodec({ current: randomBytes(32) })
    fc.assert(
      fc.property(
        position,
        fc.uniqueArray(anyText, { minLength: 2, maxLength: 2 }),
        (place, [list = '', other = '']) => {
          expect(codec.decode(codec.encode(place, list), other)).toBeNull()
          expect(stranger.decode(codec.encode(place, list), list)).toBeNull()
        },
      ),
      RUNS,
    )
  })

  it('is none any more when any part of it is changed, cut off, added or spelled otherwise', () => {
    const change = fc.record({ at: fc.nat(), remove: fc.nat({ max: 3 }), insert: fc.string({ maxLength: 3 }) })
    fc.assert(
      fc.property(position, change, (place, { at, remove, insert }) => {
        const cursor = codec.encode(place, 'list')
        const start = at % (cursor.length + 1)
        const changed = cursor.slice(0, start) + insert + cursor.slice(start + remove)
        fc.pre(changed !== cursor)
        expect(codec.decode(changed, 'list')).toBeNull()
      }),
      RUNS,
    )
  })

  it('is nothing that anybody makes up', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((value) => Buffer.from(value).toString('base64url'))
    fc.assert(
      fc.property(fc.oneof(anyText, bytes), (text) => void expect(codec.decode(text, 'list')).toBeNull()),
      RUNS,
    )
  })
})

const EDGE = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const fromLetters = (letters: string, minLength: number, maxLength: number) =>
  fc.array(fc.constantFrom(...letters), { minLength, maxLength }).map((found) => found.join(''))
const usernames = fc
  .tuple(fromLetters(EDGE, 1, 1), fromLetters(`${EDGE}._-`, 1, 62), fromLetters(EDGE, 1, 1))
  .map((parts) => parts.join(''))
const labels = fc
  .tuple(fromLetters(EDGE, 1, 1), fromLetters(`${EDGE}-`, 0, 20), fromLetters(EDGE, 1, 1))
  .map((parts) => parts.join(''))
const emails = fc
  .tuple(fromLetters(`${EDGE}.!#$%&'*+/=?^_\`{|}~-`, 1, 64), fc.array(labels, { minLength: 2, maxLength: 6 }))
  .map(([local, domain]) => `${local}@${domain.join('.')}`)

/** The rules of the contract, checked character by character without a regular expression. */
function isUsername(text: string): boolean {
  const letters = [...text]
  const isEdge = (letter: string | undefined) => letter !== undefined && EDGE.includes(letter)
  const isInner = (letter: string) => EDGE.includes(letter) || '._-'.includes(letter)
  return (
    letters.length >= 3 &&
    letters.length <= 64 &&
    letters.every(isInner) &&
    isEdge(letters[0]) &&
    isEdge(letters.at(-1))
  )
}

function isDisplayName(text: string): boolean {
  const trimmed = text.trim()
  const points = [...trimmed].map((letter) => letter.codePointAt(0) ?? 0)
  const isControl = (point: number) => point < 0x20 || (point >= 0x7f && point < 0xa0)
  const isBidi = (point: number) =>
    point === 0x61c ||
    point === 0x200e ||
    point === 0x200f ||
    (point >= 0x202a && point <= 0x202e) ||
    (point >= 0x2066 && point <= 0x2069)
  const isLone = (point: number) => point >= 0xd800 && point <= 0xdfff
  return points.length <= 100 && !points.some((point) => isControl(point) || isBidi(point) || isLone(point))
}

describe('the rules of texts', () => {
  it('take every username of the promised form, and nothing else (ASVS 2.2.1)', () => {
    fc.assert(
      fc.property(usernames, (name) => void expect(checkUsername(name)).toEqual([])),
      RUNS,
    )
    fc.assert(
      fc.property(anyText, (text) => void expect(checkUsername(text).length === 0).toBe(isUsername(text.trim()))),
      RUNS,
    )
  })

  it('take every e-mail address of the promised form; none of them is a username', () => {
    fc.assert(
      fc.property(emails, (email) => {
        fc.pre(email.length <= 254)
        expect(checkEmail(email)).toEqual([])
        expect(checkUsername(email)).not.toEqual([])
      }),
      RUNS,
    )
  })

  it('take no other text for an e-mail address', () => {
    const near = fc
      .tuple(emails, fc.nat(), fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }))
      .map(([email, at, insert]) => email.slice(0, at % email.length) + insert + email.slice(at % email.length))
    fc.assert(
      fc.property(fc.oneof(anyText, near), (text) => {
        if (checkEmail(text).length > 0) return
        const [local = '', domain = '', ...more] = text.trim().split('@')
        expect(more).toEqual([])
        expect(local.length >= 1 && local.length <= 64 && text.trim().length <= 254).toBe(true)
        expect([...text.trim()].every((letter) => letter > ' ' && letter < '\x7f')).toBe(true)
        expect(domain.split('.').length).toBeGreaterThan(1)
        for (const label of domain.split('.'))
          expect(label === '' || label.startsWith('-') || label.endsWith('-')).toBe(false)
      }),
      RUNS,
    )
  })

  it('take just the display names that are promised', () => {
    fc.assert(
      fc.property(anyText, (text) => void expect(checkDisplayName(text).length === 0).toBe(isDisplayName(text))),
      RUNS,
    )
  })

  it('have one key for all spellings of a name, and it is its own key', () => {
    fc.assert(
      fc.property(usernames, emails, (name, email) => {
        for (const spelling of [name, name.toUpperCase(), name.toLowerCase(), ` ${name}\n`])
          expect(usernameKey(spelling)).toBe(name.toLowerCase())
        expect(emailKey(` ${email.toUpperCase()} `)).toBe(email.toLowerCase())
        expect(usernameKey(usernameKey(name))).toBe(usernameKey(name))
      }),
      RUNS,
    )
  })

  it('of passwords: long enough, short enough, without the own names, the same in each normal form', () => {
    const owner = { username: 'fuzzy.owner', email: 'Owners.Mail@example.com' }
    const withName = fc
      .tuple(anyText, fc.constantFrom('fuzzy.owner', 'FUZZY.Owner', 'owners.mail', 'OWNERS.MAIL'), anyText)
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(anyText, withName), (text) => {
        const codes = checkPassword(text, owner).map(({ code }) => code)
        expect(checkPassword(text.normalize('NFD'), owner).map(({ code }) => code)).toEqual(codes)
        if (codes.length > 0) return
        const normal = text.normalize('NFKC')
        const length = [...normal].length
        expect(length >= 8 && length <= 128 && Buffer.byteLength(normal) <= 512).toBe(true)
        expect(length >= 15 || (/\p{L}/u.test(normal) && /\p{Nd}/u.test(normal))).toBe(true)
        expect(normal.toLowerCase()).not.toMatch(/fuzzy\.owner|owners\.mail/)
        expect(text.isWellFormed() && !text.includes('\0')).toBe(true)
      }),
      RUNS,
    )
  })
})

const CREATE = `mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id username email displayName } } }`

interface Created {
  createUser: { user: { id: string; username: string; email: string; displayName: string | null } }
}

describeEachBackend('the database', (backend) => {
  let app: TestApp
  let chief: Person

  beforeAll(async () => {
    app = await createTestApp({ backend })
    chief = await signUpAdmin(app)
  })
  afterAll(() => app.close())

  it('keeps just what the rules take, as it was sent', async () => {
    const text = (good: fc.Arbitrary<string>) => fc.oneof({ weight: 4, arbitrary: good }, anyText)
    const inputs = fc.record({ username: text(usernames), email: text(emails), displayName: anyText })
    await fc.assert(
      fc.asyncProperty(inputs, async (account) => {
        const input = { ...account, password: 'correct horse battery staple' }
        const { data, codes } = await chief.client.run<Created, object>(CREATE, { input })
        const faults = [
          ...checkUsername(input.username),
          ...checkEmail(input.email),
          ...checkDisplayName(input.displayName),
        ]
        if (faults.length > 0) {
          expect(codes).toEqual(['BAD_USER_INPUT'])
          return
        }
        if (codes.includes('CONFLICT')) return
        expect(data?.createUser.user).toMatchObject({
          username: input.username.trim(),
          email: input.email.trim(),
          displayName: input.displayName.trim() || null,
        })
      }),
      { numRuns: 200 },
    )
  })
})
