import { type GraphQLObjectType, isLeafType, isNonNullType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildTypes } from '../../src/schema.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'

/** Lists leave out columns that nobody asks for, so each field has to be there when it is the only one. */
const PATHS = [
  ['users', 'nodes'],
  ['users', 'edges', 'node'],
  ['users(orderBy: { field: EMAIL })', 'nodes'],
  ['activities', 'nodes'],
  ['activities', 'nodes', 'user'],
  ['activities', 'nodes', 'actor'],
  ['users', 'nodes', 'activities', 'nodes'],
  ['me', 'activities', 'edges', 'node'],
]

const schema = await buildTypes()
const cases = PATHS.flatMap((path) => fieldsAt(path).map((field) => ({ path, field })))

/** Of an object: those without arguments, with what has to stand below them. */
function fieldsAt(path: string[]): string[] {
  const root = schema.getQueryType() as GraphQLObjectType
  const type = path.reduce((parent, step) => namedField(parent, step.replace(/\(.*/, '')), root)
  return Object.values(type.getFields()).flatMap(({ name, type: fieldType }) => {
    if (name === 'role') return ['role { name permissions }']
    const leaf = isNonNullType(fieldType) ? fieldType.ofType : fieldType
    return isLeafType(leaf) ? [name] : []
  })
}

function namedField(parent: GraphQLObjectType, name: string): GraphQLObjectType {
  let type: unknown = parent.getFields()[name]?.type
  while (type && typeof type === 'object' && 'ofType' in type) type = type.ofType
  return type as GraphQLObjectType
}

const nested = (path: string[], fields: string) =>
  path.toReversed().reduce((inner, step) => `${step} { ${inner} }`, fields)

describeEachBackend('a field of a list', (backend) => {
  let app: TestApp
  let chief: Person

  beforeAll(async () => {
    app = await createTestApp({ backend })
    chief = await signUpAdmin(app)
    const alice = await signUp(app, 'alice')
    await alice.client.get('mutation { updateProfile(input: { displayName: "Alice" }) { user { id } } }')
    // Leaves an entry with details.
    await alice.client.run('{ users { nodes { id } } }')
  })
  afterAll(() => app.close())

  const rowsOf = async (path: string[], fields: string): Promise<unknown[]> => {
    const { data } = await chief.client.run(`{ ${nested(path, fields)} }`)
    const steps = path.map((step) => step.replace(/\(.*/, ''))
    return steps.reduce<unknown[]>(
      (found, step) => found.flatMap((value) => (value as Record<string, unknown> | null)?.[step] ?? []),
      [data],
    )
  }

  it.each(cases)('is there when it is the only one: $path $field', async ({ path, field }) => {
    const name = field.replace(/ .*/, '')
    const all = fieldsAt(path).join(' ')
    const wanted = (await rowsOf(path, all)).map((row) => ({ [name]: (row as Record<string, unknown>)[name] }))
    expect(wanted.length).toBeGreaterThan(1)
    expect(await rowsOf(path, field)).toEqual(wanted)
  })

  it.each(cases.filter(({ path }) => path.length === 2))('has values: $path $field', async ({ path, field }) => {
    const name = field.replace(/ .*/, '')
    const values = (await rowsOf(path, field)).map((row) => (row as Record<string, unknown>)[name])
    expect(values.filter((value) => value !== null)).not.toEqual([])
  })

  it('is there below an alias and in a fragment as well', async () => {
    const { data } = await chief.client.run(
      '{ users { nodes { mail: email ...names } } } fragment names on User { label: displayName }',
    )
    const { nodes } = (data as { users: { nodes: object[] } }).users
    expect(nodes).toContainEqual({ mail: expect.stringContaining('alice'), label: 'Alice' })
  })
})

describe('the fields that are tried', () => {
  it('are all that the types have', () => {
    expect(fieldsAt(['users', 'nodes'])).toHaveLength(9)
    expect(fieldsAt(['activities', 'nodes'])).toHaveLength(8)
  })
})
