import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import argon2 from 'argon2'
import type { PasswordHashConfig } from '../config.ts'
import { ServiceUnavailableError } from '../errors.ts'
import { BoundedQueue } from './bounded-queue.ts'
import { isHashable, normalizePassword } from './password-text.ts'

/** Hashes that may wait while `concurrency` others run. */
const MAX_WAITING = 64

/**
 * argon2id with the configured parameters (OWASP Password Storage; ASVS 11.4.2), bounded: `concurrency` at a time and
 * 64 waiting, because hashes run on libuv's few threads. Whoever comes beyond that gets SERVICE_UNAVAILABLE at once.
 * Hashes that would have to share a core take turns instead, which is as fast and leaves more of it to requests.
 */
export class PasswordHasher {
  readonly #options: { type: typeof argon2.argon2id; memoryCost: number; timeCost: number; parallelism: number }
  readonly #queue: BoundedQueue
  readonly #decoy: string

  /** @param cores that the process may run on */
  constructor(config: PasswordHashConfig, cores = availableParallelism()) {
    this.#options = {
      type: argon2.argon2id,
      memoryCost: config.memoryKib,
      timeCost: config.iterations,
      parallelism: config.parallelism,
    }
    const atATime = Math.min(config.concurrency, cores)
    this.#queue = new BoundedQueue(atATime, MAX_WAITING + config.concurrency - atATime)
    this.#decoy = decoyHash(config)
  }

  /** Hashes that wait for their turn: 0 to 64, or as many more as there are cores too few. */
  get pending(): number {
    return this.#queue.waiting
  }

  /**
   * PHC string of the password in NFKC.
   * @throws RangeError for a password that the policy refuses for its bytes: check it before.
   */
  async hash(password: string): Promise<string> {
    if (!isHashable(password)) throw new RangeError('A password that the policy refuses cannot be hashed.')
    return this.#enqueue(() => argon2.hash(normalizePassword(password), this.#options))
  }

  /**
   * Whether the password is the one of the hash. `null` is an unknown account: the same work is done on a decoy and
   * the answer is false, so that time does not tell which accounts exist. A password that no account can have never
   * meets the hash function, and costs the same too.
   */
  async verify(hash: string | null, password: string): Promise<boolean> {
    const isPossible = hash !== null && isHashable(password)
    const digest = isPossible ? hash : this.#decoy
    const text = isHashable(password) ? normalizePassword(password) : 'never the password of an account'
    const isMatch = await this.#enqueue(() => argon2.verify(digest, text))
    return isPossible && isMatch
  }

  /** Whether the hash was made with other parameters than the current ones. */
  needsRehash(hash: string): boolean {
    return !hash.startsWith('$argon2id$') || argon2.needsRehash(hash, this.#options)
  }

  async #enqueue<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#queue.isFull) throw new ServiceUnavailableError()
    return this.#queue.run(task)
  }
}

/** A hash that no password has: random bytes in the form that argon2 writes, so that checking it takes full work. */
function decoyHash({ memoryKib, iterations, parallelism }: PasswordHashConfig): string {
  const [salt, digest] = [16, 32].map((size) => randomBytes(size).toString('base64').replaceAll('=', ''))
  return `$argon2id$v=19$m=${memoryKib},p=${parallelism},t=${iterations}$${salt}$${digest}`
}
