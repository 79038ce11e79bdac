import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isObjectType,
  isRequiredInputField,
} from 'graphql'

/** A place in the schema for a client's value. */
export interface Position {
  /** Such as `login input.identifier`. */
  name: string
  /** The scalar or enum at this place. */
  type: string
  document: string
  /** @param value for this place; other required places get valid values */
  variables(good: GoodValues, value: unknown): Record<string, unknown>
}

/** Valid values by the name of an argument or field. */
export type GoodValues = Record<string, unknown>

type Input = GraphQLArgument | GraphQLInputField

interface Field {
  name: string
  field: GraphQLField<unknown, unknown>
  /** Builds the document around the call of the field. */
  wrap(call: string): string
}

/** The paths to objects whose fields take arguments. A type without a path fails the test. */
const WAYS: Record<string, string> = { User: 'me', Session: 'session' }

/** Every argument, and every field of every input object, of every field of the schema. */
export function positionsOf(schema: GraphQLSchema): Position[] {
  return fieldsOf(schema).flatMap(({ name, field, wrap }) =>
    field.args.flatMap((argument) => leavesOf(argument, []).map((path) => positionAt(name, field, wrap, path))),
  )
}

function fieldsOf(schema: GraphQLSchema): Field[] {
  const roots = [schema.getQueryType(), schema.getMutationType()]
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter(({ args }) => args.length > 0)
        .map((field) => {
          if (roots.includes(type)) return { name: field.name, field, wrap: rootOf(type === roots[1]) }
          const way = WAYS[type.name]
          if (!way) throw new Error(`How is ${type.name}.${field.name} reached?`)
          return { name: `${way}.${field.name}`, field, wrap: (call: string) => `query { ${way} { ${call} } }` }
        }),
    )
}

function rootOf(isMutation: boolean): (call: string) => string {
  return (call) => `${isMutation ? 'mutation' : 'query'} { ${call} }`
}

/** Paths to the scalars and enums in an argument. */
function leavesOf(input: Input, above: Input[]): Input[][] {
  const path = [...above, input]
  const type = getNamedType(input.type)
  if (!isInputObjectType(type)) return [path]
  return Object.values(type.getFields()).flatMap((field) => leavesOf(field, path))
}

function positionAt(name: string, field: Field['field'], wrap: Field['wrap'], path: Input[]): Position {
  const used = field.args.filter((argument) => argument === path[0] || isRequired(argument))
  const passed = used.map(({ name }) => `${name}: $${name}`).join(', ')
  const declared = used.map(({ name, type }) => `$${name}: ${type}`).join(', ')
  const document = wrap(`${field.name}(${passed}) ${selectionOf(field.type, 2)}`).replace('{', `(${declared}) {`)
  return {
    name: `${name} ${path.map((part) => part.name).join('.')}`,
    type: getNamedType((path.at(-1) as Input).type).name,
    document,
    variables: (good, value) => valuesOf(used, path, good, value),
  }
}

function valuesOf(inputs: readonly Input[], path: readonly Input[], good: GoodValues, value: unknown) {
  return Object.fromEntries(
    inputs
      .filter((input) => input === path[0] || isRequired(input))
      .map((input) => [input.name, input === path[0] ? along(input, path, good, value) : goodFor(input, good)]),
  )
}

function along(input: Input, path: readonly Input[], good: GoodValues, value: unknown): unknown {
  const fields = inputFieldsOf(input.type)
  return fields ? valuesOf(fields, path.slice(1), good, value) : value
}

function goodFor(input: Input, good: GoodValues): unknown {
  const fields = inputFieldsOf(input.type)
  if (fields) return valuesOf(fields, [], good, undefined)
  if (!(input.name in good)) throw new Error(`What is good for ${input.name}?`)
  return good[input.name]
}

function inputFieldsOf(type: GraphQLInputType): Input[] | null {
  const named = getNamedType(type)
  return isInputObjectType(named) ? Object.values(named.getFields()) : null
}

/** For arguments and for fields of inputs. */
function isRequired(input: Input): boolean {
  return isRequiredInputField(input)
}

/** All fields without required arguments, to the given depth. */
function selectionOf(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type)
  if (isLeafType(named) || !isObjectType(named)) return ''
  const fields = Object.values(named.getFields())
    .filter(({ args, type: own }) => args.length === 0 && (depth > 1 || isLeafType(getNamedType(own))))
    .map((field) => `${field.name} ${selectionOf(field.type, depth - 1)}`)
  return `{ ${fields.join(' ')} }`
}
