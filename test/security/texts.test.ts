import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { Fates } from './fates.ts'

/** One, two, three and four bytes of UTF-8; the last is two UTF-16 units. */
const LETTERS = { ascii: 'x', latin: 'é', euro: '€', emoji: '\u{1f600}' }

describeEachBackend('the longest texts are kept whole, and those of one more are refused:', (backend) => {
  let app: TestApp
  let fates: Fates

  beforeAll(async () => {
    app = await createTestApp({ backend })
    fates = await Fates.create(app)
  })
  afterAll(() => app.close())

  const label = 'd'.repeat(63)
  const address = (length: number) => `${'l'.repeat(64)}@${label}.${label}.${'d'.repeat(length - 193)}`
  const tooLong = (path: string): [string, string][] => [[path, 'TOO_LONG']]
  const json = (bytes: number, letter: string) => {
    const letters = letter.repeat(Math.floor((bytes - 2) / Buffer.byteLength(letter)))
    return letters + 'x'.repeat(bytes - 2 - Buffer.byteLength(letters))
  }

  it('usernames of 64, e-mail addresses of 254 and of 64 before the @', async () => {
    expect(await fates.identifier('username', 'u'.repeat(64))).toBe('kept')
    expect(await fates.identifier('username', 'u'.repeat(65))).toEqual(tooLong('input.username'))
    expect(await fates.identifier('email', address(254))).toBe('kept')
    expect(await fates.identifier('email', address(255))).toEqual(tooLong('input.email'))
    expect(await fates.identifier('email', `${'m'.repeat(64)}@example.com`)).toBe('kept')
    expect(await fates.identifier('email', `${'m'.repeat(65)}@example.com`)).toEqual(tooLong('input.email'))
  })

  it.each(Object.entries(LETTERS))('display names of 100 in %s', async (_, letter) => {
    expect(await fates.displayName(letter.repeat(100))).toBe('kept')
    expect(await fates.displayName(letter.repeat(101))).toEqual(tooLong('input.displayName'))
  })

  it.each(Object.entries(LETTERS))('passwords of 128 in %s', async (_, letter) => {
    expect(await fates.password(letter.repeat(128))).toBe('kept')
    expect(await fates.password(letter.repeat(129))).toEqual(tooLong('input.password'))
  })

  it('passwords of 128 after they are normalised, whatever they were before', async () => {
    // NFKC expands this character to 18.
    expect(await fates.password('\ufdfa'.repeat(7))).toBe('kept')
    expect(await fates.password('\ufdfa'.repeat(8))).toEqual(tooLong('input.password'))
  })

  it.each([...Object.entries(LETTERS), ['control', '\u0001'], ['quote', '"']])(
    'keys of a session of 64 in %s',
    async (_, letter) => {
      expect(await fates.sessionValue(letter.repeat(64), 1)).toBe('kept')
      expect(await fates.sessionValue(letter.repeat(65), 1)).toEqual(tooLong('input.key'))
    },
  )

  it.each(Object.entries(LETTERS))('values of a session of 4,096 bytes in %s', async (_, letter) => {
    expect(await fates.sessionValue('key', json(4096, letter))).toBe('kept')
    expect(await fates.sessionValue('key', json(4097, letter))).toEqual(tooLong('input.value'))
    expect(await fates.sessionValue('key', [json(4094, letter)])).toBe('kept')
    expect(await fates.sessionValue('key', [json(4095, letter)])).toEqual(tooLong('input.value'))
  })

  it.each(Object.entries(LETTERS))('searches of 254 in %s', async (_, letter) => {
    expect(await fates.search(letter.repeat(254))).toBe('kept')
    expect(await fates.search(letter.repeat(255))).toEqual(tooLong('filter.search'))
  })
})
