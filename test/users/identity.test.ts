import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkDisplayName,
  checkEmail,
  checkUsername,
  displayNameOf,
  emailKey,
  trimIdentifier,
  usernameKey,
} from '../../src/users/identity.ts'

describe('usernames', () => {
  it.each([
    ['bob', []],
    ['  bob\t', []],
    ['B.o_b-1', []],
    ['x'.repeat(64), []],
    ['ab', ['TOO_SHORT']],
    ['', ['TOO_SHORT']],
    ['   ', ['TOO_SHORT']],
    ['x'.repeat(65), ['TOO_LONG']],
    ['.bob', ['INVALID']],
    ['bob-', ['INVALID']],
    ['bo b', ['INVALID']],
    ['bob@example.com', ['INVALID']],
    ['b\u00f6b', ['INVALID']],
    ['b\uff4fb', ['INVALID']],
    ['bo\u200bb', ['INVALID']],
    ['\u0430dmin', ['INVALID']],
    ['bob\0', ['INVALID']],
    ['bob\nbob', ['INVALID']],
    ['\u{1f600}\u{1f600}', ['TOO_SHORT', 'INVALID']],
  ])('%j breaks %j', (value, expected) => {
    expect(checkUsername(value)).toEqual(expected)
  })
})

describe('e-mail addresses', () => {
  const label = 'd'.repeat(63)
  const longest = `${'l'.repeat(64)}@${label}.${label}.${'d'.repeat(61)}`
  it.each([
    ['bob@example.com', []],
    [' Bob@Example.COM ', []],
    ["o'b+tag!#$%&*/=?^_`{|}~-.@a-b.example", []],
    ['..@example.com', []],
    [longest, []],
    [`${longest}d`, ['TOO_LONG']],
    [`${'l'.repeat(65)}@example.com`, ['TOO_LONG']],
    [`bob@${'d'.repeat(64)}.com`, ['INVALID']],
    ['bob@localhost', ['INVALID']],
    ['bob@example.', ['INVALID']],
    ['bob@.com', ['INVALID']],
    ['bob@-a.com', ['INVALID']],
    ['bob@a-.com', ['INVALID']],
    ['@example.com', ['INVALID']],
    ['bob', ['INVALID']],
    ['', ['INVALID']],
    ['bob@a@example.com', ['INVALID']],
    ['b\u00f6b@example.com', ['INVALID']],
    ['bob@ex\u00e4mple.com', ['INVALID']],
    ['bob @example.com', ['INVALID']],
    ['bob@example.com\0', ['INVALID']],
    ['bob@example.com\nx', ['INVALID']],
    ['x'.repeat(255), ['TOO_LONG', 'INVALID']],
  ])('%j breaks %j', (value, expected) => {
    expect(checkEmail(value)).toEqual(expected)
  })
})

describe('display names', () => {
  it.each([
    ['Zo\u00eb \u{1f600} O\u2019Neil', []],
    ['', []],
    ['\u{1f600}'.repeat(100), []],
    [` ${'x'.repeat(100)} `, []],
    ['\u{1f600}'.repeat(101), ['TOO_LONG']],
    ['a\u0000b', ['INVALID']],
    ['a\u001bb', ['INVALID']],
    ['a\u0085b', ['INVALID']],
    ['a\nb', ['INVALID']],
    ['a\u202eb', ['INVALID']],
    ['a\u2066b', ['INVALID']],
    ['a\u200fb', ['INVALID']],
    ['a\u061cb', ['INVALID']],
    ['a\ud800b', ['INVALID']],
  ])('%j breaks %j', (value, expected) => {
    expect(checkDisplayName(value)).toEqual(expected)
  })

  it('are stored without surrounding white space, and null and empty clear them', () => {
    expect(displayNameOf(' Bob  Smith ')).toBe('Bob  Smith')
    expect(displayNameOf('  ')).toBeNull()
    expect(displayNameOf(null)).toBeNull()
  })
})

describe('canonical keys', () => {
  it('are lower case without surrounding white space', () => {
    expect(usernameKey(' BoB ')).toBe('bob')
    expect(emailKey(' Bob@Example.COM ')).toBe('bob@example.com')
    expect(trimIdentifier('\u00a0Bo b ')).toBe('Bo b')
  })

  it('turn no other letter into an ASCII one', () => {
    expect(usernameKey('\u212aate')).toBe('\u212aate')
    expect(usernameKey('\u0130d')).toBe('\u0130d')
  })

  it('are the same exactly for spellings that differ in case', () => {
    const username = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}[A-Za-z0-9]$/)
    fc.assert(
      fc.property(username, (name) => {
        expect(checkUsername(name)).toEqual([])
        expect(usernameKey(name)).toBe(name.toLowerCase())
      }),
    )
  })
})

it('every rule takes linear time', () => {
  const hostile = [
    `${'a'.repeat(500_000)}!`,
    `a@${'a-'.repeat(250_000)}`,
    `a@${'a.'.repeat(250_000)}`,
    `${'.'.repeat(500_000)}@`,
    `${' '.repeat(250_000)}x${' '.repeat(250_000)}x`,
  ]
  const startedAt = performance.now()
  for (const text of hostile) for (const check of [checkUsername, checkEmail, checkDisplayName]) check(text)
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})
