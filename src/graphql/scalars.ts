import {
  GraphQLError,
  GraphQLScalarType,
  getNullableType,
  isScalarType,
  Kind,
  type ValidationRule,
  type ValueNode,
} from 'graphql'
import { GraphQLDateTimeISO, GraphQLJSON } from 'graphql-scalars'

type Variables = Readonly<Record<string, unknown>>

export const DateTimeScalar = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description: 'A moment in UTC, ISO 8601 with milliseconds: 2026-01-31T12:00:00.000Z.',
})

/**
 * An integer that a number cannot hold exactly is a BigInt, in literals and in bodies (`exactNumber`). JSON.stringify
 * refuses those, so none is stored rounded.
 */
export const JsonScalar = new GraphQLScalarType({
  ...GraphQLJSON.toConfig(),
  name: 'JSON',
  description: 'Any JSON value.',
  specifiedByURL: null,
  parseLiteral: (node, variables) => parseJson(node, variables ?? {}),
})

const INTEGER = /^-?\d+$/
const NUMBER = /^-?(\d+)(?:\.(\d*))?(?:e[+-]?\d+)?$/i
/**
 * A BigInt for an integer that a number does not hold exactly (RFC 7493, section 2.2): one beyond 2^53 - 1 that is written
 * out, and one with a fraction of zeros or an exponent that loses digits.
 * @param text a number in JSON
 */
export function exactNumber(text: string): number | bigint {
  const value = Number(text)
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value
  if (INTEGER.test(text)) return BigInt(text)
  return significantDigits(text) === significantDigits(String(value)) ? value : BigInt(value)
}

function significantDigits(text: string): string {
  const [, whole = '', fraction = ''] = NUMBER.exec(text) ?? []
  return (whole + fraction).replace(/^0+|0+$/g, '')
}

/**
 * A variable without a value is null in a list, and its field is left out of an object, as in GraphQL's own input types
 * (GraphQL, sections 3.11 and 3.10). graphql-scalars takes an enum value inside of a list or object for nothing.
 */
function parseJson(node: ValueNode, variables: Variables): unknown {
  switch (node.kind) {
    case Kind.NULL:
      return null
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value
    case Kind.INT:
    case Kind.FLOAT:
      return exactNumber(node.value)
    case Kind.VARIABLE:
      return variables[node.name.value]
    case Kind.LIST:
      return node.values.map((item) => parseJson(item, variables) ?? null)
    case Kind.OBJECT: {
      const fields = node.fields.map(({ name, value }): [string, unknown] => [name.value, parseJson(value, variables)])
      return Object.fromEntries(fields.filter(([, value]) => value !== undefined))
    }
    default:
      throw new GraphQLError('JSON has no enum values.', { nodes: node })
  }
}

/**
 * Lets variables of any type stand in the lists of a JSON literal, as graphql-js does in its objects. It takes an item of
 * a scalar's literal for a position of that scalar; without a type it checks none.
 */
export const variablesInScalarsRule: ValidationRule = (context) => {
  const findUsages = context.getRecursiveVariableUsages.bind(context)
  context.getRecursiveVariableUsages = (operation) =>
    findUsages(operation).map((usage) =>
      isScalarType(getNullableType(usage.parentType)) ? { ...usage, type: undefined } : usage,
    )
  return {}
}
