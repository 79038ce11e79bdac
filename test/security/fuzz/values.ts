import fc from 'fast-check'
import {
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql'
import { SQL } from '../attacks.ts'

/** Ids and names that exist, so that random operations use them too. */
export interface Known {
  ids: string[]
  names: string[]
  passwords: string[]
  tokens: string[]
}

const ODD_TEXTS = [
  '',
  ' ',
  '\0',
  '\ud800',
  '\u202e',
  'a\u0301',
  '\u{1f600}',
  '__proto__',
  'null',
  'x'.repeat(300),
  ...SQL,
]
const PAGE_SIZES = [1, 2, 3, 100]
const NUMBERS = [0, -1, 101, 2 ** 31 - 1, -(2 ** 31)]
const MOMENTS = ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999-12:00', '2026-02-30T00:00:00Z', '2026-01-01', 'now']

/** A value of the type, mostly valid for GraphQL, which the service may still refuse. */
export function valueFor(type: GraphQLInputType, name: string, known: Known): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return valueFor(type.ofType, name, known)
  if (isListType(type)) return fc.array(valueFor(type.ofType, name, known), { maxLength: 4 })
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields())
    const values = fields.map((field) => [field.name, orNull(field.type, valueFor(field.type, field.name, known))])
    const requiredKeys = fields.filter(isRequiredInputField).map((field) => field.name)
    return fc.record(Object.fromEntries(values) as Record<string, fc.Arbitrary<unknown>>, { requiredKeys })
  }
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map((value) => value.name))
  return scalarOf(getNamedType(type).name, name, known)
}

function orNull(type: GraphQLInputType, value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return isNonNullType(type) ? value : fc.option(value, { freq: 8 })
}

function scalarOf(type: string, name: string, known: Known): fc.Arbitrary<unknown> {
  if (type === 'Boolean') return fc.boolean()
  if (type === 'Int')
    return often(fc.constantFrom(...PAGE_SIZES), fc.oneof(fc.constantFrom(...NUMBERS), fc.maxSafeInteger()))
  if (type === 'JSON') return fc.jsonValue({ maxDepth: 3 })
  if (type === 'ID') return often(from(known, 'ids'), fc.oneof(fc.uuid(), fc.integer(), text()))
  if (type === 'DateTime') return often(moment(), fc.oneof(fc.constantFrom(...MOMENTS), text()))
  if (/password/i.test(name)) return often(from(known, 'passwords'), text())
  if (/token/i.test(name)) return often(from(known, 'tokens'), text())
  if (name === 'role') return often(fc.constantFrom('user', 'admin'), text())
  return often(from(known, 'names'), fc.oneof(text(), freshName()))
}

function often(usual: fc.Arbitrary<unknown>, odd: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 3, arbitrary: usual }, { weight: 1, arbitrary: odd })
}

/** Read when the value is made, because the known ids and names grow. */
function from(known: Known, kind: keyof Known): fc.Arbitrary<string> {
  return fc.nat().map((number) => known[kind][number % known[kind].length] ?? '')
}

function freshName(): fc.Arbitrary<string> {
  return fc.stringMatching(/^[a-z]{5}[0-9]{5}(@fuzz\.example\.com)?$/)
}

function moment(): fc.Arbitrary<string> {
  return fc
    .date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString())
}

function text(): fc.Arbitrary<string> {
  return fc.oneof(fc.constantFrom(...ODD_TEXTS), fc.string({ unit: 'binary', maxLength: 300 }), fc.string())
}
