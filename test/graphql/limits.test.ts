import { buildSchema, parse, specifiedRules, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { limitsRule, MAX_ERRORS } from '../../src/graphql/limits.ts'
import { type Answer, post } from '../http/http-client.ts'
import { startTestServer, type TestServer } from '../http/test-server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

async function codeOf(query: string, variables?: unknown, operationName?: string): Promise<unknown> {
  const answer = await post(server.graphql, { query, variables, operationName })
  return codeIn(answer)
}

function codeIn(answer: Answer): unknown {
  const codes = (answer.body.errors ?? []).map((error) => error.extensions.code)
  return codes.length <= 1 ? (codes[0] ?? 'ran') : codes
}

function times(count: number, part: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => part(index)).join(' ')
}

/** `me` with the given number of levels below it, the leaf included. */
function levels(count: number): string {
  return `me { ${'friend { '.repeat(count - 2)} id ${'} '.repeat(count - 2)} }`
}

describe('depth', () => {
  test.each([
    [10, 'ran'],
    [11, 'QUERY_TOO_COMPLEX'],
    [50, 'QUERY_TOO_COMPLEX'],
    [300, 'QUERY_TOO_COMPLEX'],
  ])('%i levels of fields: %s', async (count, code) => {
    expect(await codeOf(`{ ${levels(count)} }`)).toBe(code)
  })

  test('counts through fragments, and inline fragments are no level', async () => {
    const below = levels(10)
      .replace('me {', '')
      .replace(/\}\s*$/, '')
    expect(await codeOf(`{ me { ...F } } fragment F on User { ${below} }`)).toBe('ran')
    expect(await codeOf(`{ me { friend { ...F } } } fragment F on User { ${below} }`)).toBe('QUERY_TOO_COMPLEX')
    expect(await codeOf(`{ ... { ... on Query { ... { ${levels(10)} } } } }`)).toBe('ran')
  })

  test('holds for every operation of the document', async () => {
    expect(await codeOf(`query A { hello } query B { ${levels(11)} }`, {}, 'A')).toBe('QUERY_TOO_COMPLEX')
  })
})

describe('root fields', () => {
  test.each([
    [30, 'ran'],
    [31, 'QUERY_TOO_COMPLEX'],
  ])('%i: %s', async (count, code) => {
    expect(await codeOf(`{ ${times(count, () => 'hello')} }`)).toBe(code)
    expect(await codeOf(`{ ${times(count, () => '__typename')} }`)).toBe(code)
    expect(
      await codeOf(
        `{ ...A ...A ...A ...A ...A ...A ${times(count - 30, () => 'hello')} } fragment A on Query { ${times(5, () => 'hello')} }`,
      ),
    ).toBe(code)
  })
})

describe('aliases', () => {
  test.each([
    [30, 'ran'],
    [31, 'QUERY_TOO_COMPLEX'],
  ])('%i: %s', async (count, code) => {
    expect(await codeOf(`{ me { ${times(count, (index) => `a${index}: id`)} } }`)).toBe(code)
    expect(await codeOf(`{ me { ${times(count, () => 'a: id')} } }`)).toBe(code)
    expect(await codeOf(`{ __schema { ${times(count, (index) => `a${index}: __typename`)} } }`)).toBe(code)
  })

  test('count each time a fragment is used', async () => {
    const fragment = `fragment A on User { ${times(11, (index) => `a${index}: id`)} }`
    expect(await codeOf(`{ me { ...A friend { ...A } } } ${fragment}`)).toBe('ran')
    expect(await codeOf(`{ me { ...A friend { ...A friend { ...A } } } } ${fragment}`)).toBe('QUERY_TOO_COMPLEX')
  })

  test('100 of one mutation, or 4 x 4 x 10 of introspection, are refused', async () => {
    expect(await codeOf(`mutation { ${times(100, (index) => `a${index}: count`)} }`)).toBe('QUERY_TOO_COMPLEX')
    const inner = times(10, (index) => `c${index}: name`)
    const middle = times(4, (index) => `b${index}: fields { ${inner} }`)
    expect(await codeOf(`{ __schema { ${times(4, (index) => `a${index}: types { ${middle} }`)} } }`)).toBe(
      'QUERY_TOO_COMPLEX',
    )
    expect(server.ran()).toBe(0)
  })
})

describe('fields written', () => {
  test.each([
    [300, 'ran'],
    [301, 'QUERY_TOO_COMPLEX'],
  ])('%i: %s', async (count, code) => {
    expect(await codeOf(`{ me { ${times(count - 1, () => 'id')} } }`)).toBe(code)
  })
})

describe('tokens', () => {
  test('1,000 are read, more are GRAPHQL_PARSE_FAILED', async () => {
    const tokens = (count: number) => `{ me { ${times(count - 5, () => 'id')} } }`
    expect(await codeOf(tokens(1_000))).toBe('QUERY_TOO_COMPLEX')
    expect(await codeOf(tokens(1_001))).toBe('GRAPHQL_PARSE_FAILED')
  })
})

describe('cost', () => {
  test.each([
    // 1 + n * 2 fields below
    ['{ users(first: 2499) { nodes { id } } }', 'ran'],
    ['{ users(first: 2499) { nodes { id } } hello }', 'ran'],
    ['{ users(first: 2499) { nodes { id } } a: hello b: hello }', 'QUERY_TOO_COMPLEX'],
    ['{ users(last: 2500) { nodes { id } } }', 'QUERY_TOO_COMPLEX'],
    ['{ users { nodes { friends(first: 100) { nodes { id } } } } }', 'ran'],
    // 1 + 20 * (1 + 1 + 124 * 2)
    ['{ users { nodes { friends(first: 124) { nodes { id } } } } }', 'QUERY_TOO_COMPLEX'],
    ['{ users { nodes { friends(first: 123) { nodes { id } } } } }', 'ran'],
    // Left out: 20 * 20 * 6 + ...
    ['{ users { nodes { friends { nodes { friends { nodes { id } } } } } } }', 'QUERY_TOO_COMPLEX'],
    ['{ users { nodes { friends { nodes { id name } } } } }', 'ran'],
    // A size below 1 counts as 1.
    ['{ users(first: -1000) { nodes { id } } b: users(first: 2499) { nodes { id } } }', 'QUERY_TOO_COMPLEX'],
    ['{ users(first: 0) { nodes { friends(first: 2000) { nodes { id } } } } }', 'ran'],
    // Sessions count 20 times, and so do users below them: 1 + 20 * (1 + 20 * ...)
    ['{ me { sessions { user { sessions { user { id } } } } } }', 'ran'],
    ['{ me { sessions { user { sessions { user { sessions { id } } } } } } }', 'QUERY_TOO_COMPLEX'],
    [
      '{ ...U } fragment U on Query { users(first: 2500) { ...N } } fragment N on UserConnection { nodes { id } }',
      'QUERY_TOO_COMPLEX',
    ],
    ['{ ... on Query { users(first: 2500) { ... on UserConnection { ... { nodes { id } } } } } }', 'QUERY_TOO_COMPLEX'],
    ['{ __schema { types { fields { name type { name } } } } users(first: 2499) { nodes { id } } }', 'ran'],
    ['{ users(first: 1666) { nodes { id __typename } } }', 'ran'],
    ['{ users(first: 1667) { nodes { id __typename } } }', 'QUERY_TOO_COMPLEX'],
  ])('%s: %s', async (query, code) => {
    expect(await codeOf(query)).toBe(code)
  })

  test('reads variables anew each time, though the document is remembered', async () => {
    const query = 'query ($n: Int = 2500) { users(first: $n) { nodes { id } } }'
    expect(await codeOf(query)).toBe('QUERY_TOO_COMPLEX')
    expect(await codeOf(query, { n: 10 })).toBe('ran')
    expect(await codeOf(query, { n: 2500 })).toBe('QUERY_TOO_COMPLEX')
    expect(await codeOf(query, { n: null })).toBe('ran')
    expect(await codeOf(query, { n: 'many' })).toBe('BAD_USER_INPUT')
  })

  test('is that of the operation that runs', async () => {
    const query = 'query A { hello } query B { users(first: 2500) { nodes { id } } }'
    expect(await codeOf(query, {}, 'A')).toBe('ran')
    expect(await codeOf(query, {}, 'B')).toBe('QUERY_TOO_COMPLEX')
    expect(await codeOf(query, {}, 'C')).toBe('OPERATION_RESOLUTION_FAILURE')
  })
})

describe('introspection', () => {
  const FULL = `query IntrospectionQuery { __schema { queryType { name } types { ...FullType } } }
    fragment FullType on __Type { kind name fields(includeDeprecated: true) { name args { ...InputValue } type { ...TypeRef } } }
    fragment InputValue on __InputValue { name type { ...TypeRef } defaultValue }
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind
    name ofType { kind name ofType { kind name } } } } } } } }`

  test('of any usual depth is answered', async () => {
    expect(await codeOf(FULL)).toBe('ran')
  })

  test('is refused by any spelling where it is off', async () => {
    const closed = await startTestServer({ introspection: false })
    const spellings = [
      FULL,
      '{ __schema { queryType { name } } }',
      '{ __type(name: "User") { name } }',
      '{ a: __schema { b: __typename } }',
      '{ ... on Query { ... { __schema { __typename } } } }',
      '{ ...F } fragment F on Query { __type(name: "User") { name } }',
      'query A { hello } query B { __schema { __typename } }',
      '{ hello, __schema @skip(if: true) { __typename } }',
    ]
    for (const query of spellings) {
      const answer = await post(closed.graphql, { query, operationName: query.startsWith('query A') ? 'A' : undefined })
      expect([query, answer.body.data]).toEqual([query, undefined])
      expect(answer.body.errors?.[0]?.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' })
    }
    expect(codeIn(await post(closed.graphql, { query: '{ __typename me { __typename } }' }))).toBe('ran')
    await closed.close()
  })
})

describe('OWASP GraphQL: bombs', () => {
  const doubling = `{ me { ...F0 } } ${times(60, (i) => `fragment F${i} on User { friend { ...F${i + 1} ...F${i + 1} } }`)} fragment F60 on User { id }`
  const wide = `{ me { ...W0 } } ${times(30, (i) => `fragment W${i} on User { ...W${i + 1} ...W${i + 1} ...W${i + 1} }`)} fragment W30 on User { id }`
  const meta = `{ __schema { ...M0 } } ${times(30, (i) => `fragment M${i} on __Schema { ...M${i + 1} ...M${i + 1} ...M${i + 1} }`)} fragment M30 on __Schema { __typename }`

  const BOMBS: [string, string, unknown][] = [
    ['a doubling chain of fragments', doubling, 'QUERY_TOO_COMPLEX'],
    ['a tripling chain on one level', wide, 'QUERY_TOO_COMPLEX'],
    ['the same below __schema', meta, 'QUERY_TOO_COMPLEX'],
    ['245 equal objects', `{ ${times(245, () => 'me{id}')} }`, 'QUERY_TOO_COMPLEX'],
    ['245 equal objects below another', `{ me { ${times(245, () => 'friend{id}')} } }`, 'QUERY_TOO_COMPLEX'],
    ['10,000 equal fields', `{ ${times(10_000, () => 'id')} }`, 'GRAPHQL_PARSE_FAILED'],
    ['10,000 directives', `{ hello ${times(10_000, () => '@a')} }`, 'GRAPHQL_PARSE_FAILED'],
    ['450 directives', `{ hello ${times(450, () => '@a')} }`, 'bounded'],
    ['__typename aliases', `{ ${times(300, (i) => `a${i}: __typename`)} }`, 'QUERY_TOO_COMPLEX'],
    ['depth without an end', `${'{me'.repeat(10_000)}`, 'GRAPHQL_PARSE_FAILED'],
    ['lists without an end', `{ echo(text: ${'['.repeat(30_000)}`, 'GRAPHQL_PARSE_FAILED'],
    ['a fragment within itself', '{ me { ...A } } fragment A on User { friend { ...A } }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'fragments in a circle',
      '{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A id }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ]

  test('graphql stops at once: its own rules never get to compare fields', () => {
    const schema = buildSchema('type Query { me: Query id: ID }')
    const conflict = parse(`{ ${times(31, () => 'me { a: id a: me { id } }')} }`)
    const errors = validate(schema, conflict, [...specifiedRules, limitsRule], { maxErrors: MAX_ERRORS })
    expect(errors).toHaveLength(MAX_ERRORS + 1)
    expect(errors.at(-1)?.message).toContain('Validation aborted')
    expect(errors.map((error) => error.message).join()).not.toContain('conflict')
  })

  beforeAll(async () => {
    for (const [, query] of BOMBS) await codeOf(query)
  })

  test.each(BOMBS)('%s: refused within 50 ms, in few words', async (_, query, code) => {
    const runs: number[] = []
    let answer: Answer | undefined
    // The best of five, because the machine may be busy.
    for (let run = 0; run < 5; run += 1) {
      const begin = performance.now()
      answer = await post(server.graphql, { query: `${query} # ${run}` })
      runs.push(performance.now() - begin)
    }
    if (code !== 'bounded') expect(answer && codeIn(answer)).toBe(code)
    expect(answer?.body).not.toHaveProperty('data')
    expect(answer?.body.errors?.length).toBeLessThanOrEqual(5)
    expect(answer?.text.length).toBeLessThan(2_000)
    expect(answer?.text).not.toContain('call stack')
    expect(Math.min(...runs)).toBeLessThan(50)
  })
})
