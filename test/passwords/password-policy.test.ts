import { dictionary } from '@zxcvbn-ts/language-common'
import { describe, expect, it } from 'vitest'
import { checkPassword, type PasswordOwner } from '../../src/passwords/password-policy.ts'

function codes(password: string, owner?: PasswordOwner): string[] {
  return checkPassword(password, owner).map(({ code }) => code)
}

describe('the password policy', () => {
  it.each([
    ['violet river 7', []],
    ['violet7', ['TOO_SHORT']],
    ['violetriver', ['NEEDS_LETTER_AND_DIGIT']],
    ['8264915073', ['NEEDS_LETTER_AND_DIGIT']],
    ['', ['TOO_SHORT', 'NEEDS_LETTER_AND_DIGIT']],
    ['fifteen letters', []],
    ['fourteen chars', ['NEEDS_LETTER_AND_DIGIT']],
    ['!'.repeat(15), []],
    ['password1', ['TOO_COMMON']],
    ['PassWord1', ['TOO_COMMON']],
    ['password', ['NEEDS_LETTER_AND_DIGIT', 'TOO_COMMON']],
    ['violet\0river7', ['INVALID']],
    ['violet\ud800river7', ['INVALID']],
    ['\0', ['TOO_SHORT', 'NEEDS_LETTER_AND_DIGIT', 'INVALID']],
  ])('lists every fault of %j', (password, expected) => {
    expect(codes(password)).toEqual(expected)
  })

  it('counts code points after NFKC, from 8 to 128 (ASVS 6.2.1, 6.2.9)', () => {
    expect(codes('a1\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}')).toEqual([])
    expect(codes('a1\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}')).toEqual(['TOO_SHORT'])
    // Eight units that NFKC composes to seven, and seven that a ligature expands to eight.
    expect(codes('violt1e\u0301')).toEqual(['TOO_SHORT'])
    expect(codes('violt1\ufb01')).toEqual([])
    expect(codes(`${'ab '.repeat(42)}12`)).toEqual([])
    expect(codes(`${'ab '.repeat(42)}123`)).toEqual(['TOO_LONG'])
  })

  it('refuses more than 3,000 common passwords that break no other rule (ASVS 6.2.4)', () => {
    const refused = dictionary['passwords-common'].filter((password) => codes(password).join() === 'TOO_COMMON')
    expect(refused.length).toBeGreaterThan(3_000)
  })

  it('allows 512 bytes', () => {
    expect(codes('\u{1f600}'.repeat(128))).toEqual([])
    expect(Buffer.byteLength('\u{1f600}'.repeat(128))).toBe(512)
    expect(codes('x1'.repeat(500_000))).toEqual(['TOO_LONG'])
    expect(codes(`${'x1'.repeat(500_000)}\0`)).toEqual(['TOO_LONG', 'INVALID'])
  })

  it('takes letters and digits of every alphabet', () => {
    expect(codes('\u043f\u0430\u0440\u043e\u043b\u044c\u0438\u0449\u0435\u0663')).toEqual([])
  })

  it('refuses the username and the local part of the e-mail address in any case (ASVS 6.2.11)', () => {
    const owner = { username: 'Marigold', email: 'Tulip@example.com' }
    expect(codes('7mariGOLDx', owner)).toEqual(['CONTAINS_IDENTIFIER'])
    expect(codes('7TULIPxyzq', owner)).toEqual(['CONTAINS_IDENTIFIER'])
    expect(codes('7example.com', owner)).toEqual([])
    expect(codes('\uff4darigold 7', owner)).toEqual(['CONTAINS_IDENTIFIER'])
    expect(codes('violet river 7', owner)).toEqual([])
  })

  it('ignores identifiers of fewer than 4 characters, and missing ones', () => {
    expect(codes('bob violet 7', { username: 'bob', email: 'bo@example.com' })).toEqual([])
    expect(codes('anna violet 7', { username: 'anna' })).toEqual(['CONTAINS_IDENTIFIER'])
    expect(codes('violet river 7', { username: null, email: '' })).toEqual([])
  })

  it('never repeats the password in a message', () => {
    for (const { message } of checkPassword('password1', { username: 'password1' })) {
      expect(message).not.toContain('password1')
    }
  })
})
