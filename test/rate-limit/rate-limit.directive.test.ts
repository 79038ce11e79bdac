import { printSchemaWithDirectives } from '@graphql-tools/utils'
import {
  buildSchema,
  type ExecutionResult,
  GraphQLInt,
  GraphQLObjectType,
  GraphQLSchema,
  graphql,
  specifiedDirectives,
} from 'graphql'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { limitKeyOf } from '../../src/auth/limit-keys.ts'
import type { LimitContext } from '../../src/rate-limit/limit-keys.ts'
import { applyRateLimits, rateLimitDirective } from '../../src/rate-limit/rate-limit.directive.ts'
import { RateLimits } from '../../src/rate-limit/rate-limits.ts'
import { freezeTime } from '../support/clock.ts'

const log = pino({ level: 'silent' })

const TYPE_DEFS = `
  directive @rateLimit(limit: Int!, duration: Int!) on FIELD_DEFINITION
  input LoginInput { identifier: String! }
  input RefreshInput { refreshToken: String }
  type Query { free: Int changeEmail: Int @rateLimit(limit: 3, duration: 60) }
  type Mutation {
    login(input: LoginInput!): Int @rateLimit(limit: 2, duration: 60)
    other: Int @rateLimit(limit: 2, duration: 60)
    refused: Int @rateLimit(limit: 1, duration: 60)
    refresh(input: RefreshInput): Int @rateLimit(limit: 1, duration: 60)
  }
`

let ran: string[]

function createSchema(factor = 1): GraphQLSchema {
  const schema = buildSchema(TYPE_DEFS)
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      field.resolve = () => {
        ran.push(field.name)
        if (field.name === 'refused') throw new Error('not permitted')
        return 1
      }
    }
  }
  const limits = new RateLimits({ redis: undefined, factor, log })
  return applyRateLimits<LimitContext>(schema, { limits, keyOf: limitKeyOf })
}

const from = (ipAddress: string, viewerId: string | null = null): LimitContext => ({
  request: { ipAddress },
  viewerId,
  isMailOn: true,
  refreshedSession: (token) => (token === 'good' ? 'session-1' : null),
})

function run(schema: GraphQLSchema, source: string, contextValue: LimitContext) {
  return graphql({ schema, source, contextValue })
}

function codesOf({ errors = [] }: ExecutionResult): unknown[] {
  return errors.map((error) => error.extensions.code ?? error.message)
}

describe('@rateLimit', () => {
  beforeEach(() => {
    ran = []
    freezeTime()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('counts every alias, answers with the code and the seconds, and does not run the field', async () => {
    const source = '{ a: changeEmail b: changeEmail c: changeEmail d: changeEmail free }'
    const result = await run(createSchema(), source, from('192.0.2.1'))
    expect(result.data).toEqual({ a: 1, b: 1, c: 1, d: null, free: 1 })
    expect(codesOf(result)).toEqual(['RATE_LIMITED'])
    expect(result.errors?.[0]?.extensions.retryAfter).toBe(60)
    expect(ran.filter((name) => name === 'changeEmail')).toHaveLength(3)
  })

  it('comes before whatever the field itself refuses', async () => {
    const result = await run(createSchema(), 'mutation { a: refused b: refused }', from('192.0.2.1'))
    expect(codesOf(result)).toEqual(['not permitted', 'RATE_LIMITED'])
    expect(ran).toEqual(['refused'])
  })

  it('counts fields of one limit apart', async () => {
    const schema = createSchema()
    const login = 'login(input: { identifier: "bob" })'
    const source = `mutation { a: ${login} b: other c: ${login} d: other e: ${login} }`
    const result = await run(schema, source, from('192.0.2.1'))
    expect(result.data).toEqual({ a: 1, b: 1, c: 1, d: 1, e: null })
  })

  it('counts a login by address and identifier, whatever the spelling', async () => {
    const schema = createSchema()
    const source = `mutation {
      a: login(input: { identifier: "bob" })
      b: login(input: { identifier: " BOB" })
      c: login(input: { identifier: "Bob " })
      d: login(input: { identifier: "ann" })
    }`
    expect((await run(schema, source, from('2001:db8::1'))).data).toEqual({ a: 1, b: 1, c: null, d: 1 })
    expect((await run(schema, source, from('2001:db8::2'))).data).toEqual({ a: null, b: null, c: null, d: 1 })
    expect((await run(schema, source, from('2001:db8:0:1::2'))).data).toEqual({ a: 1, b: 1, c: null, d: 1 })
  })

  it('counts by user where the field does, from every address', async () => {
    const schema = createSchema()
    const source = '{ a: changeEmail b: changeEmail }'
    expect(codesOf(await run(schema, source, from('192.0.2.1', 'bob')))).toEqual([])
    expect(codesOf(await run(schema, source, from('192.0.2.2', 'bob')))).toEqual(['RATE_LIMITED'])
    expect(codesOf(await run(schema, source, from('192.0.2.2', 'ann')))).toEqual([])
  })

  it('does not count where the key is null', async () => {
    const refresh = (token: string) => `refresh(input: { refreshToken: "${token}" })`
    const source = `mutation { a: ${refresh('good')} b: ${refresh('bad')} c: ${refresh('bad')} d: ${refresh('good')} }`
    expect((await run(createSchema(), source, from('192.0.2.1'))).data).toEqual({ a: 1, b: 1, c: 1, d: null })
  })

  it('is multiplied by the factor, and begins anew after the duration', async () => {
    const schema = createSchema(2)
    const source = `mutation { ${Array.from({ length: 6 }, (_, i) => `r${i}: other`).join(' ')} }`
    expect(codesOf(await run(schema, source, from('192.0.2.1')))).toHaveLength(2)
    vi.advanceTimersByTime(60_000)
    expect(codesOf(await run(schema, source, from('192.0.2.1')))).toHaveLength(6)
    vi.advanceTimersByTime(1)
    expect(codesOf(await run(schema, source, from('192.0.2.1')))).toHaveLength(2)
  })

  it('leaves two schemas to themselves', async () => {
    const source = 'mutation { a: other b: other c: other }'
    expect(codesOf(await run(createSchema(), source, from('192.0.2.1')))).toHaveLength(1)
    expect(codesOf(await run(createSchema(), source, from('192.0.2.1')))).toHaveLength(1)
  })

  it('is part of the emitted schema, with its numbers unmultiplied', () => {
    const query = new GraphQLObjectType({ name: 'Query', fields: { a: { type: GraphQLInt } } })
    const declared = new GraphQLSchema({ query, directives: [...specifiedDirectives, rateLimitDirective] })
    expect(printSchemaWithDirectives(declared)).toContain(`"""
How often one client may run a field. Counted per field execution, so every alias counts.
"""
directive @rateLimit(
  """Executions within the duration."""
  limit: Int!
  """Seconds."""
  duration: Int!
) on FIELD_DEFINITION`)
    expect(printSchemaWithDirectives(createSchema(7))).toContain('other: Int @rateLimit(limit: 2, duration: 60)')
  })
})
