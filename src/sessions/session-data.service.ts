import type { EntityManager } from '@mikro-orm/core'
import type { Clock } from '../clock.ts'
import { transaction } from '../database/transaction.ts'
import { BadUserInputError, type FieldFaultCode, UnauthenticatedError } from '../errors.ts'
import type { SessionRepository } from './session.repository.ts'
import type { SessionValueRepository } from './session-value.repository.ts'

const MAX_KEYS = 64
const MAX_KEY_LENGTH = 64
const MAX_VALUE_BYTES = 4096

/** Any JSON value. */
export type Json = unknown

/**
 * The values of one session: at most 64 keys of 1 to 64 characters, 4 KiB of JSON each. They are kept in the database
 * and removed when the session ends.
 */
export class SessionDataService {
  constructor(
    private readonly em: EntityManager,
    private readonly sessions: SessionRepository,
    private readonly sessionValues: SessionValueRepository,
    private readonly clock: Clock,
    readonly sessionId: string,
  ) {}

  /** The unexpired values by key, sorted. */
  async all(): Promise<Map<string, Json>> {
    const found = await this.sessionValues.findUnexpired(this.sessionId, this.clock())
    const sorted = found.sort((a, b) => (a.key < b.key ? -1 : 1))
    return new Map(sorted.map(({ key, value }) => [key, JSON.parse(value) as Json]))
  }

  /** @param fallback returned when there is no value, or it has expired */
  async get(key: string, fallback: Json = null): Promise<Json> {
    const all = await this.all()
    return all.has(key) ? all.get(key) : fallback
  }

  async has(key: string): Promise<boolean> {
    return (await this.all()).has(key)
  }

  /**
   * @param expirySeconds left out: the value lives as long as the session; 0 expires at once
   * @throws BadUserInputError for a key, value or expiry out of bounds, or a 65th key
   */
  async set(key: string, value: Json, expirySeconds?: number | null): Promise<void> {
    const text = checkValue(key, value, expirySeconds ?? null)
    await transaction(this.em, async () => {
      if (!(await this.sessions.lock(this.sessionId))) throw new UnauthenticatedError()
      const now = this.clock()
      await this.sessionValues.makeRoom(this.sessionId, key, now)
      if ((await this.sessionValues.countOf(this.sessionId)) >= MAX_KEYS) {
        throw fault('key', 'OUT_OF_RANGE', `A session holds at most ${MAX_KEYS} keys.`)
      }
      const expiresAt = expirySeconds == null ? null : new Date(now.getTime() + expirySeconds * 1000)
      await this.sessionValues.add({ sessionId: this.sessionId, key, value: text, expiresAt })
    })
  }

  async remove(key: string): Promise<void> {
    await transaction(this.em, () => this.sessionValues.remove(this.sessionId, key))
  }

  async clear(): Promise<void> {
    await transaction(this.em, () => this.sessionValues.remove(this.sessionId))
  }
}

function checkValue(key: string, value: Json, expirySeconds: number | null): string {
  const length = [...key].length
  if (length < 1) throw fault('key', 'TOO_SHORT', 'A key has at least 1 character.')
  if (length > MAX_KEY_LENGTH) throw fault('key', 'TOO_LONG', `A key has at most ${MAX_KEY_LENGTH} characters.`)
  if (expirySeconds !== null && expirySeconds < 0) throw fault('expiresIn', 'OUT_OF_RANGE', 'expiresIn is 0 or more.')
  const text = stringify(value)
  if (text === null || Buffer.byteLength(text) > MAX_VALUE_BYTES) {
    throw fault('value', 'TOO_LONG', `A value has at most ${MAX_VALUE_BYTES} bytes as JSON.`)
  }
  return text
}

/** Null for a value that is nested too deeply for JSON.stringify. */
function stringify(value: Json): string | null {
  try {
    return JSON.stringify(value, refuseInexact)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** JSON's 1e400 is read as Infinity, which JSON.stringify would write as null; integers beyond numbers are BigInts. */
function refuseInexact(_key: string, part: unknown): unknown {
  const isTooLarge = typeof part === 'bigint' || (typeof part === 'number' && !Number.isFinite(part))
  if (isTooLarge) throw fault('value', 'INVALID', 'A number is too large: integers go to 2^53 - 1.')
  return part
}

function fault(field: string, code: FieldFaultCode, message: string): BadUserInputError {
  return new BadUserInputError([{ path: `input.${field}`, code, message }])
}
