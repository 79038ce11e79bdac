import { isId } from './database/ids.ts'
import type { FieldFault, FieldFaultCode } from './errors.ts'
import type { FieldRule } from './graphql/field-rules.ts'

const MOMENT =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/
const EARLIEST = Date.UTC(1970, 0, 1)
/** A local time that was written down as UTC may be ahead by this much. */
const AHEAD_MS = 86_400_000

/** Reads the fields of one record by their rules and gathers the faults. Null and undefined both mean left out. */
export class RecordReader {
  readonly faults: FieldFault[] = []

  constructor(
    private readonly record: Readonly<Record<string, unknown>>,
    private readonly now: Date,
  ) {}

  /** Reports that a field is needed, unless it has a fault already, and returns the substitute. */
  missing<Value>(name: string, substitute: Value): Value {
    if (!this.faults.some(({ path }) => path === name)) this.#fault(name, 'REQUIRED', 'This is needed.')
    return substitute
  }

  /** An empty text where there is a fault. */
  required(name: string, rules: readonly FieldRule[], check: (text: string) => readonly FieldFaultCode[]): string {
    return this.text(name, rules, check) ?? this.missing(name, '')
  }

  /** Null where the record says null. */
  text(
    name: string,
    rules: readonly FieldRule[],
    check: (text: string) => readonly FieldFaultCode[],
  ): string | null | undefined {
    const value = this.#value(name)
    if (typeof value !== 'string') {
      if (value !== undefined && value !== null) this.#fault(name, 'INVALID', 'This must be a text.')
      return value === undefined ? undefined : null
    }
    const codes = check(value)
    for (const { code, message } of rules) if (codes.includes(code)) this.#fault(name, code, message)
    return value
  }

  /** @param faultOf a sentence that does not repeat the text, or null */
  textBy(name: string, faultOf: (text: string) => string | null): string | undefined {
    const value = this.text(name, [], () => [])
    if (value === undefined || value === null) return undefined
    const fault = faultOf(value)
    if (fault !== null) this.#fault(name, 'INVALID', fault)
    return value
  }

  /** A UUID of any version, in lower case. */
  id(name: string): string | undefined {
    const value = this.textBy(name, (text) => (isId(text.toLowerCase()) ? null : 'An id is a UUID.'))
    return value?.toLowerCase()
  }

  /** true and false, or 1 and 0 as MySQL writes them. */
  flag(name: string): boolean | undefined {
    const value = this.#value(name)
    if (value === undefined || value === null) return undefined
    if (value === true || value === 1) return true
    if (value !== false && value !== 0) this.#fault(name, 'INVALID', 'This must be true or false.')
    return false
  }

  /** ISO 8601 with `T` or a space; without an offset it is UTC. */
  moment(name: string): Date | null | undefined {
    const value = this.#value(name)
    if (value === undefined || value === null) return value
    const moment = typeof value === 'string' ? parseMoment(value) : null
    if (!moment) this.#fault(name, 'INVALID', 'A moment is written as 2026-01-31T12:00:00Z.')
    else if (moment.getTime() < EARLIEST || moment.getTime() > this.now.getTime() + AHEAD_MS)
      this.#fault(name, 'OUT_OF_RANGE', 'The moment is before 1970 or in the future.')
    return moment
  }

  #value(name: string): unknown {
    return Object.hasOwn(this.record, name) ? this.record[name] : undefined
  }

  #fault(path: string, code: FieldFaultCode, message: string): void {
    this.faults.push({ path, code, message })
  }
}

function parseMoment(text: string): Date | null {
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] =
    MOMENT.exec(text) ?? []
  if (year === undefined || day === undefined) return null
  const isDay = new Date(`${year}-${month}-${day}T00:00:00Z`).toJSON()?.slice(8, 10) === day
  const offset = zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')
  const moment = new Date(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}${offset}`,
  )
  return isDay && !Number.isNaN(moment.getTime()) ? moment : null
}
