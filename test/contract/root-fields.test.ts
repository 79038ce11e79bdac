import { extendSchema, GraphQLObjectType, GraphQLSchema, graphql, parse } from 'graphql'
import { Query } from 'type-graphql'
import { describe, expect, it } from 'vitest'
import { AuthorizationResolver } from '../../src/authorization/authorization.resolver.ts'
import { permissionMap } from '../../src/authorization/permission-map.ts'
import { deny } from '../../src/authorization/shield.ts'
import { FEATURES } from '../../src/features.ts'
import { accessOf, applyRules, assertEveryRootFieldHasARule, buildTypes } from '../../src/schema.ts'
import { createTestApp } from '../support/app.ts'

const TYPES = ['Query', 'Mutation'] as const

const fieldsOf = (schema: GraphQLSchema, type: (typeof TYPES)[number]) =>
  Object.keys((type === 'Query' ? schema.getQueryType() : schema.getMutationType())?.getFields() ?? {})

describe('the rules of root fields', () => {
  it.each(TYPES)(
    'are one for each field of %s, and no other; without one the answer is no (ASVS 8.1.1)',
    async (type) => {
      const lines = accessOf(FEATURES)[type]
      expect(Object.keys(lines).toSorted()).toEqual(fieldsOf(await buildTypes(), type).toSorted())
      for (const { rule } of Object.values(lines)) expect(rule).not.toBe(deny)
    },
  )

  it.each(TYPES)('are missed at start where a field of %s has none', async (type) => {
    const types = await buildTypes()
    expect(() => assertEveryRootFieldHasARule(types)).not.toThrow()
    const extended = extendSchema(types, parse(`extend type ${type} { unthought: Int }`))
    expect(() => assertEveryRootFieldHasARule(extended)).toThrow(
      `without a rule in the permission map: ${type}.unthought`,
    )
  })

  it('are missed at start where a rule has no field', async () => {
    const types = await buildTypes()
    const { roles: _removed, ...fields } = types.getQueryType()?.toConfig().fields ?? {}
    const query = new GraphQLObjectType({ name: 'Query', fields })
    const fewer = new GraphQLSchema({ query, mutation: types.getMutationType() })
    expect(() => assertEveryRootFieldHasARule(fewer)).toThrow('Rules without a root field: Query.roles')
  })

  it('never grant a field that nobody thought of', async () => {
    const extended = extendSchema(await buildTypes(), parse('extend type Query { unthought: Int }'))
    const guarded = applyRules(extended, permissionMap)
    const ask = (schema: GraphQLSchema) => graphql({ schema, source: '{ unthought }', rootValue: { unthought: 42 } })
    expect((await ask(extended)).data).toEqual({ unthought: 42 })
    const { data, errors } = await ask(guarded)
    expect(data).toEqual({ unthought: null })
    expect(errors).toHaveLength(1)
  })
})

describe('the service', () => {
  it('does not start with a root field that has no rule (ASVS 8.1.1)', async () => {
    const unthought = { value: () => true }
    Object.defineProperty(AuthorizationResolver.prototype, 'unthought', unthought)
    Query(() => Boolean, { description: 'Nobody thought of it.' })(
      AuthorizationResolver.prototype,
      'unthought',
      unthought,
    )
    await expect(createTestApp({ backend: 'sqlite' })).rejects.toThrow(
      'Root fields without a rule in the permission map: Query.unthought',
    )
  })
})
