import type { Clock } from '../clock.ts'
import { ServiceUnavailableError, StartRefusedError } from '../errors.ts'
import { generateSigningKey, type KeyPair, openSigningKey, reencrypt } from './key-pair.ts'
import type { DerivedKey } from './secrets.ts'
import type { SigningKey } from './signing-key.entity.ts'
import type { SigningKeyRepository } from './signing-key.repository.ts'

/** Keys in memory older than this are read again in the background. */
const REFRESH_AFTER_MS = 60_000
/** Keys in memory older than this are not used. Below the 5 minutes that a new key waits before it signs. */
const STALE_AFTER_MS = 240_000
/** Unknown kids cause at most one read in this time. */
const UNKNOWN_KID_MS = 5_000
/** The JWKS is at most this old: a new key appears at once, and many requests cost one read. */
const PUBLISHED_MS = 1_000

/** Names both ways out. */
export const KEYS_LOST =
  'The signing keys in the database open with neither SECRET_KEY nor SECRET_KEY_PREVIOUS. Start with the secret that ' +
  'they were encrypted with, or run `npm run gatehouse -- keys:reset --yes`: it makes new ones, and ends every session.'

export interface KeyRingDependencies {
  signingKeys: SigningKeyRepository
  secret: DerivedKey
  clock: Clock
}

/**
 * The signing keys in memory. Another process may rotate them, so uses of the ring read them again: in the background
 * after a minute, at once when they are stale, and for an unknown `kid`. Concurrent reads are one query.
 */
export class KeyRing {
  #keys: ReadonlyMap<string, KeyPair> = new Map()
  /** Since the start, as the system's clock may be set back: when the keys were read, and when that was last tried. */
  #loadedAtMs = Number.NEGATIVE_INFINITY
  #triedAtMs = Number.NEGATIVE_INFINITY
  #fault: ServiceUnavailableError | undefined
  #reading: Promise<void> | undefined

  private constructor(private readonly deps: KeyRingDependencies) {}

  /**
   * Makes the first key if there is none, and encrypts every key under the current secret.
   * @throws StartRefusedError when neither secret decrypts a key that is still valid
   */
  static async open(deps: KeyRingDependencies): Promise<KeyRing> {
    const ring = new KeyRing(deps)
    for (const row of await findOrMakeKeys(deps)) await bringUnderCurrentSecret(deps, row)
    await ring.reload()
    return ring
  }

  /** The key that signs now: the highest sequence whose `activeFrom` has passed. */
  async signer(): Promise<KeyPair> {
    await this.freshen()
    const now = this.deps.clock()
    const valid = [...this.#keys.values()].filter((key) => !isRetired(key, now)).reverse()
    // The clock of the instance that made the first key may be slightly ahead.
    const key = valid.find(({ activeFrom }) => activeFrom <= now) ?? valid.at(-1)
    if (!key) throw new ServiceUnavailableError()
    return key
  }

  /**
   * The key of a token; null for an unknown or retired one.
   * @throws ServiceUnavailableError when the kid is unknown and the keys cannot be read
   */
  async find(kid: string): Promise<KeyPair | null> {
    await this.freshen()
    if (!this.#keys.has(kid)) await this.#reloadUnlessWithin(UNKNOWN_KID_MS)
    return this.peek(kid)
  }

  /** The key from memory, without a query. */
  peek(kid: string): KeyPair | null {
    const key = this.#keys.get(kid)
    return key && !isRetired(key, this.deps.clock()) ? key : null
  }

  /** All accepted keys, the next one included. While the database is away, the keys read last. */
  async published(): Promise<KeyPair[]> {
    await this.#reloadUnlessWithin(PUBLISHED_MS).catch(() => undefined)
    const now = this.deps.clock()
    return [...this.#keys.values()].filter((key) => !isRetired(key, now))
  }

  /** Returns at once while the keys are fresh, which they are for nearly every request. */
  async freshen(): Promise<void> {
    const age = performance.now() - this.#loadedAtMs
    if (age < REFRESH_AFTER_MS) return
    if (age >= STALE_AFTER_MS) return this.#reloadUnlessWithin(PUBLISHED_MS)
    // Not awaited: a fault that lasts is thrown once the keys are stale.
    void this.#reloadUnlessWithin(UNKNOWN_KID_MS).catch(() => undefined)
  }

  /** Reads the keys now. @throws ServiceUnavailableError */
  async reload(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  /** Repeats the outcome of the last read for a while. A failed read is thrown: it does not prove a key unknown. */
  async #reloadUnlessWithin(milliseconds: number): Promise<void> {
    if (this.#reading || performance.now() - this.#triedAtMs >= milliseconds) return this.reload()
    if (this.#fault) throw this.#fault
  }

  async #read(): Promise<void> {
    const startedAtMs = performance.now()
    const now = this.deps.clock()
    this.#triedAtMs = startedAtMs
    try {
      const rows = await this.deps.signingKeys.findInOrder()
      this.#keys = await this.#openAll(rows.filter((row) => !isRetired(row, now)))
      this.#loadedAtMs = startedAtMs
      this.#fault = undefined
    } catch (cause) {
      this.#fault = new ServiceUnavailableError({ cause })
      throw this.#fault
    }
  }

  /** Leaves out rows that cannot be decrypted: another instance may already use the next SECRET_KEY. */
  async #openAll(rows: SigningKey[]): Promise<Map<string, KeyPair>> {
    const keys = new Map<string, KeyPair>()
    for (const row of rows) {
      const known = this.#keys.get(row.id)
      const key = known ? { ...known, retiredAt: row.retiredAt } : await openSigningKey(this.deps.secret, row)
      if (key) keys.set(row.id, key)
    }
    return keys
  }
}

export function isRetired({ retiredAt }: { retiredAt: Date | null }, now: Date): boolean {
  return retiredAt !== null && retiredAt <= now
}

/** The keys that are still valid. Of two instances that start on an empty table, one makes the first key. */
async function findOrMakeKeys({ signingKeys, secret, clock }: KeyRingDependencies): Promise<SigningKey[]> {
  const now = clock()
  const validOf = (rows: SigningKey[]) => rows.filter((row) => !isRetired(row, now))
  const rows = await signingKeys.findInOrder()
  const valid = validOf(rows)
  if (valid.length > 0) return valid
  const sequence = (rows.at(-1)?.sequence ?? 0) + 1
  await signingKeys.add(await generateSigningKey(secret, { sequence, createdAt: now, activeFrom: now }))
  return validOf(await signingKeys.findInOrder())
}

async function bringUnderCurrentSecret({ signingKeys, secret }: KeyRingDependencies, row: SigningKey): Promise<void> {
  if (!(await openSigningKey(secret, row))) {
    throw new StartRefusedError(KEYS_LOST)
  }
  const replacement = await reencrypt(secret, row)
  if (replacement) await signingKeys.replaceEncrypted(row.id, row.encryptedPrivateJwk, replacement)
}
