import fc from 'fast-check'
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import { type Known, valueFor } from './values.ts'

export interface Operation {
  query: string
  variables: Record<string, unknown>
}

interface Call {
  field: GraphQLField<unknown, unknown>
  isAliased: boolean
  condition: boolean | null
  args: Record<string, unknown>
  below: Selection | null
}

interface Selection {
  type: GraphQLObjectType
  /** An inline fragment, a named fragment or none around the fields. */
  form: 'plain' | 'inline' | 'named'
  calls: Call[]
}

const MAX_DEPTH = 5
const MAX_FIELDS = 5

/** Random valid operations: some fields of the schema, with some arguments, some levels deep. */
export function operationsOf(schema: GraphQLSchema, known: Known): fc.Arbitrary<Operation> {
  const roots = [schema.getQueryType(), schema.getMutationType()].filter((type) => type !== undefined && type !== null)
  const made = new Map<string, fc.Arbitrary<Selection>>()
  const selections = roots.map((type) => selectionOf(type, MAX_DEPTH, { known, made }))
  return fc.oneof(...selections).map((selection) => new Writer(schema).write(selection))
}

interface Making {
  known: Known
  /** Cached by type and depth. */
  made: Map<string, fc.Arbitrary<Selection>>
}

function selectionOf(type: GraphQLObjectType, depth: number, making: Making): fc.Arbitrary<Selection> {
  const key = `${type.name} ${depth}`
  const found = making.made.get(key)
  if (found) return found
  const fields = Object.values(type.getFields()).filter((field) => depth > 1 || !isObjectType(getNamedType(field.type)))
  const some = fields.length > 0 ? fields : Object.values(type.getFields())
  const created = fc.record({
    type: fc.constant(type),
    form: fc.constantFrom('plain' as const, 'plain' as const, 'inline' as const, 'named' as const),
    calls: fc
      .subarray(some, { minLength: 1, maxLength: Math.min(MAX_FIELDS, some.length) })
      .chain((chosen) => fc.tuple(...chosen.map((field) => callOf(field, depth, making)))),
  })
  making.made.set(key, created)
  return created
}

function callOf(field: GraphQLField<unknown, unknown>, depth: number, making: Making): fc.Arbitrary<Call> {
  const type = getNamedType(field.type)
  return fc.record({
    field: fc.constant(field),
    isAliased: fc.boolean(),
    condition: fc.oneof({ weight: 12, arbitrary: fc.constant(null) }, fc.boolean()),
    args: argumentsOf(field.args, making.known),
    below: isObjectType(type) ? selectionOf(type, Math.max(1, depth - 1), making) : fc.constant(null),
  })
}

function argumentsOf(args: readonly GraphQLArgument[], known: Known): fc.Arbitrary<Record<string, unknown>> {
  const values = Object.fromEntries(args.map(({ name, type }) => [name, argumentFor(type, name, known)]))
  return fc.record(values, { requiredKeys: args.filter(isRequiredArgument).map(({ name }) => name) })
}

/** Most pages are the first one. */
function argumentFor(type: GraphQLInputType, name: string, known: Known): fc.Arbitrary<unknown> {
  const value = valueFor(type, name, known)
  const isSeldom = ['after', 'before', 'last'].includes(name)
  return isSeldom ? fc.oneof({ weight: 12, arbitrary: fc.constant(null) }, value) : value
}

/** Builds an operation, with its values as variables. */
class Writer {
  private readonly variables: Record<string, unknown> = {}
  private readonly declarations: string[] = []
  private readonly fragments: string[] = []

  private readonly schema: GraphQLSchema

  constructor(schema: GraphQLSchema) {
    this.schema = schema
  }

  write(selection: Selection): Operation {
    const set = this.set(selection)
    const kind = selection.type === this.schema.getMutationType() ? 'mutation' : 'query'
    const declared = this.declarations.length > 0 ? `(${this.declarations.join(', ')})` : ''
    return { query: [`${kind} Random${declared} ${set}`, ...this.fragments].join('\n'), variables: this.variables }
  }

  private set({ type, form, calls }: Selection): string {
    const fields = `{ ${calls.map((call) => this.field(call)).join(' ')} }`
    if (form === 'plain') return fields
    if (form === 'inline') return `{ ... on ${type.name} ${fields} }`
    const name = `Fields${this.fragments.length}`
    this.fragments.push(`fragment ${name} on ${type.name} ${fields}`)
    return `{ ...${name} }`
  }

  private field({ field, isAliased, condition, args, below }: Call): string {
    const passed = field.args
      .filter(({ name }) => Object.hasOwn(args, name))
      .map(({ name, type }) => `${name}: ${this.variable(type, args[name])}`)
    const alias = isAliased ? `the_${field.name}: ` : ''
    const list = passed.length > 0 ? `(${passed.join(', ')})` : ''
    const directive = condition === null ? '' : ` @include(if: ${condition})`
    return `${alias}${field.name}${list}${directive}${below ? ` ${this.set(below)}` : ''}`
  }

  private variable(type: GraphQLInputType, value: unknown): string {
    const name = `v${this.declarations.length}`
    this.declarations.push(`$${name}: ${type}`)
    this.variables[name] = value
    return `$${name}`
  }
}
