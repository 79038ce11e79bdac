import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import argon2 from 'argon2'
import type { PasswordHashConfig } from '../config.ts'
import { ServiceUnavailableError } from '../errors.ts'
import { BoundedQueue } from './bounded-queue.ts'
import { readHash } from './hash-formats.ts'
import { isHashable, normalizePassword } from './password-text.ts'

/** In place of a hash: no password matches, until one is set. No hash looks like it. */
export const NO_PASSWORD = '!'

/** What a hasher is at. */
export interface HasherUsage {
  running: number
  /** Above 64 where `concurrency` exceeds the cores. */
  waiting: number
  /** Since its start. */
  refused: number
}

/** Hashes that may wait while `concurrency` others run. */
const MAX_WAITING = 64

/**
 * argon2id with the configured parameters (OWASP Password Storage; ASVS 11.4.2). Hashes run on libuv's few threads, so
 * at most `concurrency` run at a time and 64 wait; more are SERVICE_UNAVAILABLE at once. No more run than there are
 * cores: hashes that share a core finish no sooner, and take its time from requests.
 */
export class PasswordHasher {
  readonly #options: { type: typeof argon2.argon2id; memoryCost: number; timeCost: number; parallelism: number }
  readonly #queue: BoundedQueue
  readonly #decoy: string
  #refused = 0

  /**
   * @param onUnreadable called for each stored hash that cannot be read
   * @param cores available to the process
   */
  constructor(
    config: PasswordHashConfig,
    private readonly onUnreadable: () => void = () => {},
    cores = availableParallelism(),
  ) {
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

  get usage(): HasherUsage {
    const { running, waiting } = this.#queue
    return { running, waiting, refused: this.#refused }
  }

  /**
   * PHC string of the password in NFKC.
   * @throws RangeError for a password that cannot be hashed; the policy refuses it first
   */
  async hash(password: string): Promise<string> {
    if (!isHashable(password)) throw new RangeError('A password that the policy refuses cannot be hashed.')
    return this.#enqueue(() => argon2.hash(normalizePassword(password), this.#options))
  }

  /**
   * Whether the password matches the hash. `null` stands for an unknown account: as for NO_PASSWORD, checking a decoy takes the same work,
   * so the time does not tell which accounts exist. A password that no account can have costs the same, and so does a
   * hash that cannot be read, which matches nothing. A hash that another program made takes that program's time until
   * the first right sign-in replaces it.
   */
  async verify(hash: string | null, password: string): Promise<boolean> {
    const isPossible = hash !== null && hash !== NO_PASSWORD && isHashable(password)
    const spellings = isHashable(password) ? spellingsOf(password) : ['never the password of an account']
    return this.#enqueue(async () => {
      const isMatch = isPossible ? await this.#matches(hash, spellings) : null
      if (isMatch === null) await matchesAny((text) => argon2.verify(this.#decoy, text), spellings)
      return isMatch === true
    })
  }

  /** Null for a hash that cannot be read, or would cost too much. */
  async #matches(hash: string, spellings: readonly string[]): Promise<boolean | null> {
    try {
      const stored = readHash(hash)
      // argon2 has no bound here: PASSWORD_HASH_* may have been above that of imports when the hash was made.
      if (stored && (stored.isAffordable || hash.startsWith('$argon2')))
        return await matchesAny((text) => stored.matches(text), spellings)
    } catch {
      // The fault might quote the hash, so it is told like every unreadable one.
    }
    this.onUnreadable()
    return null
  }

  /** Whether the hash was made with other parameters. */
  needsRehash(hash: string): boolean {
    return !hash.startsWith('$argon2id$') || argon2.needsRehash(hash, this.#options)
  }

  async #enqueue<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#queue.isFull) {
      this.#refused += 1
      throw new ServiceUnavailableError()
    }
    return this.#queue.run(task)
  }
}

/** A hash that matches no password: random bytes in argon2's format, so that checking it takes the full work. */
function decoyHash({ memoryKib, iterations, parallelism }: PasswordHashConfig): string {
  const [salt, digest] = [16, 32].map((size) => randomBytes(size).toString('base64').replaceAll('=', ''))
  return `$argon2id$v=19$m=${memoryKib},p=${parallelism},t=${iterations}$${salt}$${digest}`
}

/** As typed, because other programs hash that, and in NFKC, as this one does. Most passwords are the same in both. */
function spellingsOf(password: string): string[] {
  return [...new Set([password, normalizePassword(password)])]
}

async function matchesAny(matches: (text: string) => Promise<boolean>, spellings: readonly string[]): Promise<boolean> {
  for (const text of spellings) if (await matches(text)) return true
  return false
}
