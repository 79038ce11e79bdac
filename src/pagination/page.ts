import { BadUserInputError, type FieldFaultCode } from '../errors.ts'
import type { CursorCodec, Position } from './cursor.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

/** The arguments of every list, as GraphQL passes them. */
export interface PageArgs {
  first?: number | null
  after?: string | null
  last?: number | null
  before?: string | null
}

/** A part of a list: at most `limit` rows after a position, or before it when backward. */
export interface Page {
  limit: number
  isBackward: boolean
  from: Position | null
}

/**
 * Checks the arguments of a list (Relay: `first` with `after`, or `last` with `before`; 1 to 100, default first 20).
 *
 * @param list the name of the list, order included; cursors of other lists are refused
 * @throws BadUserInputError with the path of each invalid argument
 */
export function readPage(args: PageArgs, codec: CursorCodec, list: string): Page {
  const { first, after, last, before } = {
    first: args.first ?? null,
    after: args.after ?? null,
    last: args.last ?? null,
    before: args.before ?? null,
  }
  const isBackward = last !== null && first === null
  const faults = new Faults()
  if (first !== null && last !== null) faults.add('last', 'INVALID', 'Give first or last, not both.')
  if (before !== null && !isBackward) faults.add('before', 'INVALID', 'before goes with last.')
  if (after !== null && isBackward) faults.add('after', 'INVALID', 'after goes with first.')
  if (isOutOfRange(first)) faults.add('first', 'OUT_OF_RANGE', 'first is a whole number from 1 to 100.')
  if (isOutOfRange(last)) faults.add('last', 'OUT_OF_RANGE', 'last is a whole number from 1 to 100.')
  const cursor = isBackward ? before : after
  const from = cursor === null ? null : codec.decode(cursor, list)
  if (cursor !== null && from === null)
    faults.add(isBackward ? 'before' : 'after', 'INVALID', 'This is not a cursor of this list.')
  faults.throwIfAny()
  return { limit: (isBackward ? last : first) ?? DEFAULT_LIMIT, isBackward, from }
}

function isOutOfRange(count: number | null): boolean {
  return count !== null && (count < 1 || count > MAX_LIMIT)
}

class Faults {
  readonly #fields: { path: string; code: FieldFaultCode; message: string }[] = []

  add(path: string, code: FieldFaultCode, message: string): void {
    if (!this.#fields.some((field) => field.path === path)) this.#fields.push({ path, code, message })
  }

  throwIfAny(): void {
    if (this.#fields.length > 0) throw new BadUserInputError(this.#fields)
  }
}
