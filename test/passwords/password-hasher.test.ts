import { describe, expect, it } from 'vitest'
import { ServiceUnavailableError } from '../../src/errors.ts'
import { NO_PASSWORD, PasswordHasher } from '../../src/passwords/password-hasher.ts'

const CHEAP = { memoryKib: 8, iterations: 1, parallelism: 1, concurrency: 2 }
const SLOW = { memoryKib: 1024, iterations: 1, parallelism: 1, concurrency: 2 }

describe('the password hasher', () => {
  const hasher = new PasswordHasher(CHEAP)

  it('verifies the right password and no other (ASVS 11.4.2)', async () => {
    const hash = await hasher.hash('correct horse 1')
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=8,p=1,t=1\$/)
    expect(await hasher.verify(hash, 'correct horse 1')).toBe(true)
    expect(await hasher.verify(hash, 'correct horse 2')).toBe(false)
    expect(await hasher.verify(hash, 'correct horse 1 ')).toBe(false)
    expect(await hasher.verify(null, 'correct horse 1')).toBe(false)
  })

  it('takes one password in any Unicode spelling', async () => {
    const hash = await hasher.hash('caf\u00e9 \ufb01n\u2460')
    expect(await hasher.verify(hash, 'cafe\u0301 fin1')).toBe(true)
    expect(await hasher.verify(hash, 'cafe fin1')).toBe(false)
  })

  it('salts every hash', async () => {
    expect(await hasher.hash('correct horse 1')).not.toBe(await hasher.hash('correct horse 1'))
  })

  it('answers false to passwords that no account can have, whatever the hash', async () => {
    // Lone surrogates all become U+FFFD in UTF-8, so their hash would match this password.
    const hash = await hasher.hash('\ufffdabcdefg1')
    expect(await hasher.verify(hash, '\ufffdabcdefg1')).toBe(true)
    expect(await hasher.verify(hash, '\ud800abcdefg1')).toBe(false)
    expect(await hasher.verify(await hasher.hash('abcdefg1'), 'abcdefg1\0')).toBe(false)
    expect(await hasher.verify(hash, 'x'.repeat(513))).toBe(false)
    expect(await hasher.verify(await hasher.hash('never the password of an account'), '\0')).toBe(false)
    expect(await hasher.verify(hash, 'x'.repeat(1_000_000))).toBe(false)
    await expect(hasher.hash('x'.repeat(513))).rejects.toThrow(RangeError)
    await expect(hasher.hash('\ud800abcdefg1')).rejects.toThrow(RangeError)
  })

  it('never normalises what is too long, where that would take quadratic time', async () => {
    const startedAt = performance.now()
    await hasher.verify(null, `a${'\u0316\u0301'.repeat(100_000)}`)
    expect(performance.now() - startedAt).toBeLessThan(200)
  })

  it('asks for a new hash when any parameter differs', async () => {
    const hash = await hasher.hash('correct horse 1')
    expect(hasher.needsRehash(hash)).toBe(false)
    for (const change of [{ memoryKib: 16 }, { iterations: 2 }, { parallelism: 2, memoryKib: 16 }]) {
      expect(new PasswordHasher({ ...CHEAP, ...change }).needsRehash(hash)).toBe(true)
    }
    expect(hasher.needsRehash(hash.replace('argon2id', 'argon2i'))).toBe(true)
  })

  it('spends equal time on unknown accounts, wrong and impossible passwords (ASVS 6.3.8)', async () => {
    const dear = new PasswordHasher({ memoryKib: 8192, iterations: 2, parallelism: 1, concurrency: 1 })
    const hash = await dear.hash('correct horse 1')
    const times: Record<string, number[]> = { wrong: [], unknown: [], impossible: [] }
    for (let round = 0; round < 15; round++) {
      times.wrong?.push(await durationOf(() => dear.verify(hash, 'wrong horse 1')))
      times.unknown?.push(await durationOf(() => dear.verify(null, 'wrong horse 1')))
      times.impossible?.push(await durationOf(() => dear.verify(hash, '\0'.repeat(600))))
    }
    // The shortest of each is the least disturbed by what else the machine does.
    const [wrong, unknown, impossible] = Object.values(times).map((all) => Math.min(...all))
    expect(unknown).toBeGreaterThan(Number(wrong) * 0.7)
    expect(unknown).toBeLessThan(Number(wrong) * 1.4)
    expect(impossible).toBeGreaterThan(Number(wrong) * 0.7)
  })

  it('lets 64 wait beside those that run and refuses the rest at once', async () => {
    const slow = new PasswordHasher(SLOW, undefined, 2)
    const hashes = Array.from({ length: 66 }, () => slow.hash('correct horse 1'))
    expect(slow.usage).toEqual({ running: 2, waiting: 64, refused: 0 })
    let settled = 0
    for (const hash of hashes) void hash.then(() => settled++)
    await expect(slow.hash('correct horse 1')).rejects.toBeInstanceOf(ServiceUnavailableError)
    await expect(slow.verify(null, 'correct horse 1')).rejects.toBeInstanceOf(ServiceUnavailableError)
    expect(settled).toBe(0)
    expect(new Set(await Promise.all(hashes)).size).toBe(66)
    expect(slow.usage).toEqual({ running: 0, waiting: 0, refused: 2 })
    expect(await slow.verify(await slow.hash('correct horse 1'), 'correct horse 1')).toBe(true)
  })

  it('runs no more at a time than there are cores, and refuses none more for that', async () => {
    const single = new PasswordHasher(SLOW, undefined, 1)
    const hashes = Array.from({ length: 66 }, () => single.hash('correct horse 1'))
    expect(single.usage.waiting).toBe(65)
    await expect(single.hash('correct horse 1')).rejects.toBeInstanceOf(ServiceUnavailableError)
    expect(new Set(await Promise.all(hashes)).size).toBe(66)
    expect(single.usage.waiting).toBe(0)
    const many = new PasswordHasher(SLOW, undefined, 16)
    const others = Array.from({ length: 66 }, () => many.hash('correct horse 1'))
    expect(many.usage.waiting).toBe(64)
    await Promise.all(others)
  })

  it('goes on after a hash that failed', async () => {
    const single = new PasswordHasher({ ...CHEAP, concurrency: 1 })
    expect(await single.verify('not a hash', 'correct horse 1')).toBe(false)
    expect(await single.verify(null, 'correct horse 1')).toBe(false)
  })

  it('matches nothing where no password is set, which is no fault of the hash', async () => {
    let unreadable = 0
    const hasher = new PasswordHasher(CHEAP, () => {
      unreadable += 1
    })
    for (const password of [NO_PASSWORD, '', 'correct horse 1'])
      expect(await hasher.verify(NO_PASSWORD, password)).toBe(false)
    expect(unreadable).toBe(0)
    await hasher.verify('not a hash', 'correct horse 1')
    expect(unreadable).toBe(1)
  })
})

async function durationOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
