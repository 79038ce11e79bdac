import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { importFaultOf, readHash } from '../../src/passwords/hash-formats.ts'
import { PasswordHasher } from '../../src/passwords/password-hasher.ts'

interface Vector {
  /** The program that made the hash. */
  by: string
  hash: string
  password: string
}

/** Made by the programs named in them, with the scripts beside them; none by this service. */
const VECTORS = ['python', 'php'].flatMap((file) =>
  readFileSync(resolve(import.meta.dirname, `vectors/${file}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector),
)
const SALT = 'c2FsdHNhbHRzYWx0c2FsdA'
const DIGEST = 'A'.repeat(43)
const BCRYPT_TAIL = 'a'.repeat(53)
const HEX = 'ab'.repeat(64)

const hasher = new PasswordHasher({ memoryKib: 8, iterations: 1, parallelism: 1, concurrency: 2 })

describe('a hash made by another program', () => {
  it('is there for each kind', () => {
    const prefixes = ['$argon2id$', '$2a$', '$2b$', '$2y$', 'scrypt:32768:8:1$', '$P$', '$H$', '$wp$2y$']
    for (const prefix of [...prefixes, 'pbkdf2:sha1:', 'pbkdf2:sha256:', 'pbkdf2:sha512:', 'pbkdf2_sha256$'])
      expect(VECTORS.filter(({ hash }) => hash.startsWith(prefix)).length, prefix).toBeGreaterThan(1)
  })

  it.each(VECTORS)('by $by is taken over and matches its password alone: $hash', async ({ hash, password }) => {
    expect(importFaultOf(hash)).toBeNull()
    expect(hasher.needsRehash(hash)).toBe(true)
    expect(await readHash(hash)?.matches(password)).toBe(true)
    expect(await hasher.verify(hash, password)).toBe(true)
    expect(await hasher.verify(hash, `y${password}`)).toBe(false)
    expect(await hasher.verify(changed(hash), password)).toBe(false)
  })

  it('of a password in another spelling than NFKC matches it as typed, and not as normalised', async () => {
    const odd = VECTORS.filter(({ password }) => password !== password.normalize('NFKC'))
    expect(odd.length).toBeGreaterThan(10)
    for (const { hash, password } of odd) expect(await hasher.verify(hash, password.normalize('NFKC'))).toBe(false)
    const plain = VECTORS.filter(({ password }) => password === 'correct horse battery staple')
    for (const { hash } of plain) expect(await hasher.verify(hash, 'correct horse battery st\uff41ple')).toBe(true)
  })
})

describe('a hash that costs too much, or is none,', () => {
  it.each([
    ['argon2 of 1 GiB', `$argon2id$v=19$m=1048576,t=1,p=1$${SALT}$${DIGEST}`],
    ['argon2 of 1,000 iterations', `$argon2i$v=19$m=65536,t=1000,p=1$${SALT}$${DIGEST}`],
    ['argon2 of 64 lanes', `$argon2d$v=19$m=65536,t=1,p=64$${SALT}$${DIGEST}`],
    ['bcrypt of 16 rounds', `$2b$16$${BCRYPT_TAIL}`],
    ['bcrypt of 31 rounds', `$2y$31$${BCRYPT_TAIL}`],
    ['scrypt of 1 GiB', `scrypt:1048576:8:1$salt$${HEX}`],
    ['scrypt of large blocks', `scrypt:32768:64:1$salt$${HEX}`],
    ['scrypt of many lanes', `scrypt:32768:8:64$salt$${HEX}`],
    ['PBKDF2 of Werkzeug', `pbkdf2:sha256:10000000$salt$${HEX.slice(64)}`],
    ['PBKDF2 of Django', `pbkdf2_sha256$10000000$salt$${DIGEST}=`],
    ['phpass of 2^24 rounds', `$P$M${'a'.repeat(30)}`],
    ['WordPress of 20 rounds', `$wp$2y$20$${BCRYPT_TAIL}`],
  ])('%s: is told as such, never checked, and never repeated', async (_, hash) => {
    expect(importFaultOf(hash)).toMatch(/would cost too much/)
    expect(importFaultOf(hash)).not.toContain(hash.slice(-20))
    if (hash.startsWith('$argon2')) return
    const startedAt = performance.now()
    expect(await hasher.verify(hash, 'correct horse battery staple')).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })

  it.each([
    ['MD5', 'd'.repeat(32), /bare digest/],
    ['SHA-1', 'D'.repeat(40), /bare digest/],
    ['SHA-256', 'd'.repeat(64), /bare digest/],
    ['SHA-512', 'd'.repeat(128), /bare digest/],
    ['salted MD5', `md5$salt$${'d'.repeat(32)}`, /no password hash of a known kind/],
    ['SHA-crypt', '$6$rounds=5000$saltsalt$abcdef', /no password hash of a known kind/],
    ['a password', 'correct horse battery staple', /no password hash of a known kind/],
    ['nothing', '', /no password hash of a known kind/],
    ['an over-long text', 'x'.repeat(256), /at most 255/],
    ['argon2x', `$argon2x$v=19$m=65536,t=1,p=1$${SALT}$${DIGEST}`, /no complete/],
    ['argon2 without memory', `$argon2id$v=19$m=0,t=1,p=1$${SALT}$${DIGEST}`, /no complete/],
    ['argon2 without salt', `$argon2id$v=19$m=8,t=1,p=1$$${DIGEST}`, /no complete/],
    ['a cut bcrypt', `$2b$12$${'a'.repeat(52)}`, /no complete/],
    ['bcrypt of 3 rounds', `$2b$03$${BCRYPT_TAIL}`, /no complete/],
    ['the broken bcrypt $2x$', `$2x$10$${BCRYPT_TAIL}`, /no complete/],
    ['scrypt of an odd N', `scrypt:32767:8:1$salt$${HEX}`, /no complete/],
    ['scrypt of N = 1', `scrypt:1:8:1$salt$${HEX}`, /no complete/],
    ['a short scrypt', 'scrypt:32768:8:1$salt$00ff', /no complete/],
    ['a short PBKDF2', 'pbkdf2:sha256:1000$salt$00ff', /no complete/],
    ['PBKDF2 by MD5', `pbkdf2:md5:1000$salt$${'0'.repeat(32)}`, /no complete/],
    ['PBKDF2 without iterations', `pbkdf2_sha256$0$salt$${DIGEST}=`, /no complete/],
    ['phpass of 2^6 rounds', `$P$4${'a'.repeat(30)}`, /no complete/],
  ])('%s: is refused', async (_, hash, message) => {
    expect(importFaultOf(hash)).toMatch(message)
    if (hash !== '') expect(importFaultOf(hash)).not.toContain(hash)
    expect(await hasher.verify(hash, 'correct horse battery staple')).toBe(false)
  })
})

it('bcrypt and phpass leave the event loop to others', async () => {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await hasher.verify(`$2b$11$${BCRYPT_TAIL}`, 'correct horse battery staple')
  await hasher.verify(`$P$E${'a'.repeat(30)}`, 'correct horse battery staple')
  delay.disable()
  // Each alone takes over 50 ms; the median of the delays tells of a loop that went on.
  expect(delay.count).toBeGreaterThan(10)
})

/** With another last character that still makes a well-formed hash. */
function changed(hash: string): string {
  const at = hash.length - 5
  return `${hash.slice(0, at)}${hash[at] === 'a' ? 'b' : 'a'}${hash.slice(at + 1)}`
}
