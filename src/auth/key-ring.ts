import type { Clock } from '../clock.ts'
import { ServiceUnavailableError, StartRefusedError } from '../errors.ts'
import { generateSigningKey, type KeyPair, openSigningKey, reencrypt } from './key-pair.ts'
import type { DerivedKey } from './secrets.ts'
import type { SigningKey } from './signing-key.entity.ts'
import type { SigningKeyRepository } from './signing-key.repository.ts'

/** Keys older than this are read again, behind the request that notices. */
const REFRESH_AFTER_MS = 60_000
/** Keys older than this are used for nothing. Below the 5 minutes that a new key waits before it signs. */
const STALE_AFTER_MS = 240_000
/** An unknown kid causes at most one read in this time. */
const UNKNOWN_KID_MS = 5_000
/** The published keys are at most this old: a new one is there at once, and many requests cost one read. */
const PUBLISHED_MS = 1_000

export interface KeyRingDeps {
  signingKeys: SigningKeyRepository
  secret: DerivedKey
  clock: Clock
}

/**
 * The signing keys in memory. Another process may rotate them, so they are read again: every minute where they are
 * used, at once when they would be stale, and for an unknown `kid`. No timers; reads that coincide are one read.
 */
export class KeyRing {
  readonly #deps: KeyRingDeps
  #keys: ReadonlyMap<string, KeyPair> = new Map()
  #loadedAt = 0
  #triedAt = 0
  #fault: ServiceUnavailableError | undefined
  #reading: Promise<void> | undefined

  private constructor(deps: KeyRingDeps) {
    this.#deps = deps
  }

  /**
   * Makes the first key where there is none, and brings every key under the current secret.
   * @throws StartRefusedError when a key that is still good opens with neither secret
   */
  static async open(deps: KeyRingDeps): Promise<KeyRing> {
    const ring = new KeyRing(deps)
    for (const row of await findOrMakeKeys(deps)) await bringUnderCurrentSecret(deps, row)
    await ring.reload()
    return ring
  }

  /** The key that signs now: the highest sequence whose moment has come. */
  async signer(): Promise<KeyPair> {
    await this.freshen()
    const now = this.#deps.clock()
    const good = [...this.#keys.values()].filter((key) => !isRetired(key, now)).reverse()
    // The clock of the service that made the first key may be a little ahead.
    const key = good.find(({ activeFrom }) => activeFrom <= now) ?? good.at(-1)
    if (!key) throw new ServiceUnavailableError()
    return key
  }

  /**
   * The key of a token, null for an unknown or retired one.
   * @throws ServiceUnavailableError when it is unknown and the keys cannot be read
   */
  async find(kid: string): Promise<KeyPair | null> {
    await this.freshen()
    if (!this.#keys.has(kid)) await this.#reloadUnlessWithin(UNKNOWN_KID_MS)
    return this.peek(kid)
  }

  /** The key without any read. */
  peek(kid: string): KeyPair | null {
    const key = this.#keys.get(kid)
    return key && !isRetired(key, this.#deps.clock()) ? key : null
  }

  /** All keys that are believed, the next one included. While the database is away: those last known. */
  async published(): Promise<KeyPair[]> {
    await this.#reloadUnlessWithin(PUBLISHED_MS).catch(() => undefined)
    const now = this.#deps.clock()
    return [...this.#keys.values()].filter((key) => !isRetired(key, now))
  }

  /** Returns at once while the keys are fresh, which is the case for nearly every request. */
  async freshen(): Promise<void> {
    const age = this.#since(this.#loadedAt)
    if (age < REFRESH_AFTER_MS) return
    if (age >= STALE_AFTER_MS) return this.#reloadUnlessWithin(PUBLISHED_MS)
    // Nobody waits, and a fault is found again by whoever needs the keys once they are stale.
    void this.#reloadUnlessWithin(UNKNOWN_KID_MS).catch(() => undefined)
  }

  /** Reads the keys now. @throws ServiceUnavailableError */
  async reload(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  /** Within the time since the last try, its outcome stands: a fault is no proof that a key is unknown. */
  async #reloadUnlessWithin(milliseconds: number): Promise<void> {
    if (this.#reading || this.#since(this.#triedAt) >= milliseconds) return this.reload()
    if (this.#fault) throw this.#fault
  }

  async #read(): Promise<void> {
    const startedAt = this.#deps.clock().getTime()
    this.#triedAt = startedAt
    try {
      const rows = await this.#deps.signingKeys.findInOrder()
      this.#keys = await this.#openAll(rows.filter((row) => !isRetired(row, new Date(startedAt))))
      this.#loadedAt = startedAt
      this.#fault = undefined
    } catch (cause) {
      this.#fault = new ServiceUnavailableError({ cause })
      throw this.#fault
    }
  }

  /** A row that cannot be opened is left out: another service may already write under the next SECRET_KEY. */
  async #openAll(rows: SigningKey[]): Promise<Map<string, KeyPair>> {
    const keys = new Map<string, KeyPair>()
    for (const row of rows) {
      const known = this.#keys.get(row.id)
      const key = known ? { ...known, retiredAt: row.retiredAt } : await openSigningKey(this.#deps.secret, row)
      if (key) keys.set(row.id, key)
    }
    return keys
  }

  /** Milliseconds; a clock that was set back counts as a long time. */
  #since(moment: number): number {
    const elapsed = this.#deps.clock().getTime() - moment
    return elapsed < 0 ? Number.POSITIVE_INFINITY : elapsed
  }
}

function isRetired({ retiredAt }: { retiredAt: Date | null }, now: Date): boolean {
  return retiredAt !== null && retiredAt <= now
}

/** The keys that are still good. Of two first starts at once one makes the first key; the other finds it. */
async function findOrMakeKeys({ signingKeys, secret, clock }: KeyRingDeps): Promise<SigningKey[]> {
  const now = clock()
  const findGood = (rows: SigningKey[]) => rows.filter((row) => !isRetired(row, now))
  const rows = await signingKeys.findInOrder()
  const good = findGood(rows)
  if (good.length > 0) return good
  const sequence = (rows.at(-1)?.sequence ?? 0) + 1
  await signingKeys.add(await generateSigningKey(secret, { sequence, createdAt: now, activeFrom: now }))
  return findGood(await signingKeys.findInOrder())
}

async function bringUnderCurrentSecret({ signingKeys, secret }: KeyRingDeps, row: SigningKey): Promise<void> {
  if (!(await openSigningKey(secret, row))) {
    throw new StartRefusedError(
      'The signing keys in the database open with neither SECRET_KEY nor SECRET_KEY_PREVIOUS.',
    )
  }
  const replacement = await reencrypt(secret, row)
  if (replacement) await signingKeys.replaceEncrypted(row.id, row.encryptedPrivateJwk, replacement)
}
