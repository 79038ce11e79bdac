import { readFileSync } from 'node:fs'
import { printSchemaWithDirectives } from '@graphql-tools/utils'
import {
  buildClientSchema,
  buildSchema,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
  lexicographicSortSchema,
  print,
  specifiedDirectives,
} from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import { FEATURES } from '../../src/features.ts'
import { buildTypes } from '../../src/schema.ts'
import { createTestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { type Element, elementsOf } from './schema-elements.ts'

const FILE = readFileSync('schema.graphql', 'utf8')

/** The promised schema: everything in it stays as it is. */
const contract = buildSchema(readFileSync('test/contract/contract.graphql', 'utf8'))
const emitted = buildSchema(FILE)

const linesOf = (schema: GraphQLSchema) => elementsOf(schema).map(({ line }) => line)

describe('schema.graphql', () => {
  let elements: Element[]

  beforeAll(() => {
    elements = elementsOf(emitted)
  })

  it('is what the code says', async () => {
    expect(FILE).toBe(`${printSchemaWithDirectives(lexicographicSortSchema(await buildTypes()))}\n`)
  })

  it('is what the running service answers with', async () => {
    const app = await createTestApp({ backend: 'sqlite' })
    try {
      const query = getIntrospectionQuery({ inputValueDeprecation: true })
      const answered = buildClientSchema(await new TestClient(app.url).get<IntrospectionQuery, object>(query))
      expect(elementsOf(answered).map(toText).toSorted()).toEqual(elements.map(toText).toSorted())
    } finally {
      await app.close()
    }
  })

  it('has the directives that GraphQL prescribes (GraphQL, section 3.13), and they work', async () => {
    const schema = await buildTypes()
    expect(schema.getDirectives()).toEqual(expect.arrayContaining([...specifiedDirectives]))
    const app = await createTestApp({ backend: 'sqlite' })
    const { data, errors } = await new TestClient(app.url).run(
      'query ($no: Boolean!) { a: __typename @include(if: $no) b: __typename @skip(if: $no) ... @include(if: $no) { c: __typename } }',
      { no: false },
    )
    expect({ data, errors }).toEqual({ data: { b: 'Query' }, errors: [] })
    await app.close()
  })

  it('holds everything of the contract with the same arguments, types, nullability and defaults', () => {
    const [promised, held] = [linesOf(contract), new Set(linesOf(emitted))]
    expect(promised.length).toBeGreaterThan(200)
    expect(promised.filter((line) => !held.has(line))).toEqual([])
  })

  it('asks no client of the contract for more than the contract does', () => {
    expect(findBreakingChanges(contract, emitted)).toEqual([])
    // Of requests that only settings outside the contract refuse.
    const codes = ['DOCUMENT_NOT_FOUND', 'DOCUMENT_NOT_TRUSTED']
    const added = FEATURES.flatMap(({ permissions, activityActions }) =>
      Object.keys({ ...permissions, ...activityActions }),
    ).concat(codes)
    const dangers = findDangerousChanges(contract, emitted).map(({ description }) => description)
    expect(dangers.filter((danger) => !added.some((name) => danger.startsWith(`${name} was added to enum`)))).toEqual(
      [],
    )
  })

  it('says everywhere at least what the contract says', () => {
    const held = new Map(elements.map(({ line, description }) => [line, description]))
    const promised = elementsOf(contract).filter(({ description }) => description !== null)
    expect(promised.length).toBeGreaterThan(50)
    const more = promised.filter(({ line, description }) => held.get(line) !== description)
    expect(more.map(({ line }) => line)).toEqual(['UserConnection.totalCount: Int!'])
    for (const { line, description } of more) expect(held.get(line)).toBe(`${description} May be 5 seconds old.`)
  })

  it('describes every type, field, argument, input field, enum value, directive and scalar', () => {
    const kinds = ['argument', 'directive', 'enum value', 'field', 'input field', 'type']
    expect([...new Set(elements.map(({ kind }) => kind))].toSorted()).toEqual(kinds)
    expect(elements.filter(({ description }) => !description?.trim()).map(({ line }) => line)).toEqual([])
  })

  it('has no name for anything secret (ASVS 15.3.1)', () => {
    const secret = /hash|secret|salt|pepper|canonical|generation|rotat|private|signing|jwk|kid$|transport|endsAt/i
    const named = elements.filter(({ name }) => secret.test(name)).map(({ line }) => line)
    expect(named).toEqual([
      'CreateApiKeyPayload.secret: String!',
      'LoginInput.transport: TokenTransport! = BODY',
      'StartTotpPayload.secret: String!',
      'GraphQLEnumType TokenTransport',
    ])
  })

  it('takes passwords and gives none; gives tokens below AuthPayload alone (ASVS 15.3.1)', () => {
    const given = (what: RegExp) =>
      elements.filter(({ kind, name }) => kind === 'field' && what.test(name)).map(({ line }) => line)
    expect(given(/password/i)).toEqual([
      'Mutation.changePassword: ChangePasswordPayload',
      'Mutation.requestPasswordReset: RequestMailPayload',
      'Mutation.resetPassword: ResetPasswordPayload',
    ])
    expect(given(/token/i)).toEqual([
      'AuthPayload.accessToken: String!',
      'AuthPayload.accessTokenExpiresAt: DateTime!',
      'AuthPayload.accessTokenExpiresIn: Int!',
      'AuthPayload.csrfToken: String',
      'AuthPayload.refreshToken: String',
    ])
  })

  it('prints the limit of each field that has one, unmultiplied, and of no other', () => {
    const roots = [emitted.getQueryType(), emitted.getMutationType()].flatMap((type) =>
      Object.values(type?.getFields() ?? {}),
    )
    const limits = roots.flatMap(({ name, astNode }) =>
      (astNode?.directives ?? [])
        .filter((directive) => directive.name.value === 'rateLimit')
        .map((directive) => [name, print(directive)]),
    )
    expect(Object.fromEntries(limits)).toEqual({
      changeEmail: '@rateLimit(limit: 10, duration: 60)',
      changePassword: '@rateLimit(limit: 10, duration: 60)',
      clearSessionValues: '@rateLimit(limit: 60, duration: 60)',
      deleteProfile: '@rateLimit(limit: 10, duration: 60)',
      login: '@rateLimit(limit: 10, duration: 60)',
      reauthenticate: '@rateLimit(limit: 10, duration: 60)',
      refresh: '@rateLimit(limit: 60, duration: 60)',
      register: '@rateLimit(limit: 10, duration: 3600)',
      removeSessionValue: '@rateLimit(limit: 60, duration: 60)',
      requestEmailVerification: '@rateLimit(limit: 5, duration: 3600)',
      requestPasswordReset: '@rateLimit(limit: 10, duration: 3600)',
      resetPassword: '@rateLimit(limit: 30, duration: 600)',
      revertEmailChange: '@rateLimit(limit: 30, duration: 600)',
      setSessionValue: '@rateLimit(limit: 60, duration: 60)',
      updateProfile: '@rateLimit(limit: 60, duration: 60)',
      verifyEmail: '@rateLimit(limit: 30, duration: 600)',
    })
    expect(FILE.match(/@rateLimit\(limit/g)).toHaveLength(limits.length)
  })

  const toText = ({ line, description }: Element) => `${line} # ${description}`
})
