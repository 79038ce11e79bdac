import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ConflictError, TakenError } from '../../src/errors.ts'
import { type Answer, post } from '../http/http-client.ts'
import { startTestServer, type TestServer } from '../http/test-server.ts'

const SECRET = 'hunter2-correct-horse'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(() => {
  server.lines.length = 0
})
afterAll(() => server.close())

async function errorsOf(query: string, variables?: unknown): Promise<NonNullable<Answer['body']['errors']>> {
  const answer = await post(server.graphql, { query, variables })
  expect(answer.text).not.toContain(SECRET)
  expect(answer.text).not.toMatch(/did you mean/i)
  expect(server.lines.join()).not.toContain(SECRET)
  return answer.body.errors ?? []
}

describe('errors of our own', () => {
  test.each([
    ['forbidden', { code: 'FORBIDDEN' }, 'You are not permitted to do this.'],
    ['limited', { code: 'RATE_LIMITED', retryAfter: 7 }, 'Too many tries.'],
    [
      'unavailable',
      { code: 'SERVICE_UNAVAILABLE', outcome: 'unknown' },
      'A part that the service needs is down or busy. Try again.',
    ],
  ])('%s keeps its code and details', async (field, extensions, message) => {
    const [error] = await errorsOf(`{ ${field} }`)
    expect(error).toMatchObject({ message, extensions, path: [field] })
    expect(error?.extensions).toEqual(extensions)
  })

  test('a connection that is gone is SERVICE_UNAVAILABLE, and the log says why without an address', async () => {
    const [error] = await errorsOf('{ databaseAway }')
    expect(error?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE' })
    const line = server.lines.join()
    expect(line).toContain('ECONNREFUSED')
    expect(line).not.toContain('10.0.0.5')
  })
})

test('a field has one error, also where none of several addresses answers', async () => {
  const errors = await errorsOf('{ everyAddressAway databaseAway }')
  expect(errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([
    [['everyAddressAway'], 'SERVICE_UNAVAILABLE'],
    [['databaseAway'], 'SERVICE_UNAVAILABLE'],
  ])
})

describe('unexpected errors (ASVS 16.5.1)', () => {
  test('tell nothing but the request, which finds them in the log', async () => {
    const answer = await post(server.graphql, { query: '{ plainFault }' }, { 'x-request-id': 'find-me' })
    expect(answer.body.errors).toEqual([
      {
        message: 'Internal server error',
        locations: [{ line: 1, column: 3 }],
        path: ['plainFault'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'find-me' },
      },
    ])
    expect(server.lines).toHaveLength(1)
    const line = JSON.parse(server.lines[0] ?? '')
    expect(line).toMatchObject({ level: 50, requestId: 'find-me', path: ['plainFault'], fault: { name: 'Error' } })
    expect(line.fault.message).toBe('Broken by undefined')
    expect(line.fault.at[0]).toContain('test-server.ts')
  })

  test('never repeat in the log what was sent, as a literal or as a variable', async () => {
    await errorsOf(`{ plainFault(text: "${SECRET}") }`)
    await errorsOf('query ($t: String) { plainFault(text: $t) }', { t: SECRET })
    expect(server.lines.map((line) => JSON.parse(line).fault.message)).toEqual(['Broken by [sent]', 'Broken by [sent]'])
  })

  test('of a driver are logged by code, not by statement', async () => {
    const [error] = await errorsOf('{ driverFault }')
    expect(error?.extensions.code).toBe('INTERNAL_SERVER_ERROR')
    expect(JSON.parse(server.lines[0] ?? '').fault).toMatchObject({ name: 'Error', sqlState: '42000' })
    expect(server.lines[0]).not.toContain('hunter2')
  })

  test('under several fields are one line', async () => {
    expect(await errorsOf('{ sameFault { a b } }')).toHaveLength(2)
    expect(server.lines).toHaveLength(1)
  })

  test('while the context is made are 500 and logged once', async () => {
    const createContext = () => {
      throw new Error(`no ${SECRET}`)
    }
    const broken = await startTestServer({}, { createContext })
    const answer = await post(
      broken.graphql,
      { query: '{ hello }' },
      { authorization: `Bearer ${SECRET}`, 'x-request-id': 'r1' },
    )
    expect([answer.status, answer.body.errors?.[0]?.extensions]).toEqual([
      500,
      { code: 'INTERNAL_SERVER_ERROR', requestId: 'r1' },
    ])
    expect(broken.lines).toHaveLength(1)
    expect(broken.lines[0]).toContain('"requestId":"r1"')
    await broken.close()
  })
})

describe('values are never repeated', () => {
  test.each([
    [
      'a variable of the wrong kind',
      'query ($v: Int!) { number(value: $v) }',
      { v: SECRET },
      'Variable "$v" does not fit its type "Int!".',
    ],
    [
      'a field that does not exist',
      'mutation ($i: LoginInput!) { login(input: $i) }',
      { i: { identifier: 'a', password: SECRET, extra: SECRET } },
      'Variable "$i" does not fit its type "LoginInput!". Field "extra" is not defined by type "LoginInput".',
    ],
    [
      'a misspelled field',
      'mutation ($i: LoginInput!) { login(input: $i) }',
      { i: { identifier: 'a', password: SECRET, transprot: SECRET } },
      'Variable "$i" does not fit its type "LoginInput!". Field "transprot" is not defined by type "LoginInput".',
    ],
    [
      'a field that is missing beside a secret',
      'mutation ($i: LoginInput!) { login(input: $i) }',
      { i: { password: SECRET } },
      'Variable "$i" does not fit its type "LoginInput!". Field "identifier" of required type "String!" was not provided.',
    ],
    [
      'an enum',
      'query ($r: RoleName) { role(name: $r) }',
      { r: SECRET },
      'Variable "$r" does not fit its type "RoleName".',
    ],
    ['a missing variable', 'query ($v: Int!) { number(value: $v) }', {}, 'Variable "$v" does not fit its type "Int!".'],
    ['a null', 'query ($v: Int!) { number(value: $v) }', { v: null }, 'Variable "$v" does not fit its type "Int!".'],
  ])('%s is BAD_USER_INPUT', async (_, query, variables, message) => {
    const errors = await errorsOf(query, variables)
    expect(errors.map((error) => [error.message, error.extensions])).toEqual([[message, { code: 'BAD_USER_INPUT' }]])
  })

  test('an explicit null behind a default is BAD_USER_INPUT, without the literal', async () => {
    const query = `mutation ($t: RoleName = USER) { login(input: { identifier: "a", password: "${SECRET}", transport: $t }) }`
    const errors = await errorsOf(query, { t: null })
    expect(errors.map((error) => error.extensions)).toEqual([{ code: 'BAD_USER_INPUT' }])
    expect(server.lines).toEqual([])
  })

  test.each([
    ['a text for a number', `{ number(value: "${SECRET}") }`, 'Expected a value of type "Int".'],
    ['a text for an enum', `{ role(name: "${SECRET}") }`, 'Expected a value of type "RoleName".'],
    ['an unknown enum value', '{ role(name: USR) }', 'Expected a value of type "RoleName".'],
    ['an object for a text', `{ echo(text: { a: "${SECRET}" }) }`, 'Expected a value of type "String".'],
    ['a list for a text', `{ echo(text: ["${SECRET}"]) }`, 'Expected a value of type "String".'],
    [
      'an unknown field',
      `mutation { login(input: { identifier: "a", password: "b", passwrd: "${SECRET}" }) }`,
      'Field "passwrd" is not defined by type "LoginInput".',
    ],
    [
      'a missing field',
      `mutation { login(input: { password: "${SECRET}" }) }`,
      'Field "LoginInput.identifier" of required type "String!" was not provided.',
    ],
  ])('%s is GRAPHQL_VALIDATION_FAILED', async (_, query, message) => {
    const errors = await errorsOf(query)
    expect(errors.map((error) => [error.message, error.extensions])).toEqual([
      [message, { code: 'GRAPHQL_VALIDATION_FAILED' }],
    ])
  })

  test.each([
    [`{ echo(text "${SECRET}") }`, 'Syntax Error: Expected ":", found String.'],
    [`{ echo(text: """${SECRET}""" """${SECRET}""") }`, 'Syntax Error: Expected Name, found BlockString.'],
    [`{ echo(${SECRET.replaceAll('-', '_')} }`, 'Syntax Error: Expected ":", found "}".'],
    [`{ echo(text: "${SECRET}`, 'Syntax Error: Unterminated string.'],
    [`{ echo(text: '${SECRET}') }`, "Syntax Error: Unexpected single quote character (')."],
    ['{ echo(text: "\\q") }', 'Syntax Error: Invalid character escape sequence.'],
    ['{ hello', 'Syntax Error: Expected Name, found <EOF>.'],
    ['{ number(value: 01) }', 'Syntax Error: Invalid number, unexpected digit after 0.'],
    ['?', 'Syntax Error: Unexpected character.'],
  ])('%s is GRAPHQL_PARSE_FAILED', async (query, message) => {
    const errors = await errorsOf(query)
    expect(errors.map((error) => [error.message, error.extensions])).toEqual([
      [message, { code: 'GRAPHQL_PARSE_FAILED' }],
    ])
  })

  test('no error suggests names, or repeats one of 60 KB', async () => {
    const misspelled = ['{ helo }', '{ echo(txt: "a") }', '{ me { nmae } }', '{ ... on Usr { id } }', '{ hello @skp }']
    for (const query of misspelled) expect(await errorsOf(query)).not.toEqual([])
    const [error] = await errorsOf(`{ ${'a'.repeat(60_000)} }`)
    expect(error?.message.length).toBeLessThan(401)
    const unknown = await post(server.graphql, { query: 'query A { hello }', operationName: SECRET.repeat(1_000) })
    expect(unknown.body.errors?.map((entry) => entry.message)).toEqual(['Unknown operation.'])
  })

  test('variables that are misused are named, as the author of the document needs it', async () => {
    const query = 'query ($a: Int, $b: Int) { number(value: $c) echo(text: $a) }'
    const messages = (await errorsOf(query)).map((error) => error.message)
    expect(messages).toContain('Variable "$c" is not defined.')
    expect(messages).toContain('Variable "$b" is never used.')
    expect(messages.join()).toContain('Variable "$a" of type "Int" used in position expecting type "String".')
  })
})

describe('at most 5 faults of a document that did not run', () => {
  test('of its fields', async () => {
    const errors = await errorsOf(`{ ${Array.from({ length: 20 }, (_, index) => `x${index}`).join(' ')} }`)
    expect(errors).toHaveLength(5)
  })

  test('of its variables', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `v${index}`)
    const query = `query (${names.map((name) => `$${name}: Int!`)}) { ${names.map((name) => `${name}: number(value: $${name})`)} }`
    const errors = await errorsOf(query, Object.fromEntries(names.map((name) => [name, SECRET])))
    expect(errors).toHaveLength(5)
    expect(errors.every((error) => error.extensions.code === 'BAD_USER_INPUT')).toBe(true)
  })

  test('of a list of 100,000', async () => {
    const list = `[${'1,'.repeat(29_999)}1]`
    const answer = await post(
      server.graphql,
      `{"query":"query ($v: Int!) { number(value: $v) }","variables":{"v":${list}}}`,
    )
    expect(answer.body.errors).toHaveLength(1)
    expect(answer.text.length).toBeLessThan(300)
  })
})

describe('a conflict', () => {
  test('says what its thrower says, without a field; of what is taken it names each field', () => {
    const { message, extensions } = new ConflictError('There are 100 roles already.')
    expect({ message, extensions }).toEqual({
      message: 'There are 100 roles already.',
      extensions: { code: 'CONFLICT' },
    })
    const taken = new TakenError('name')
    expect(taken).toBeInstanceOf(ConflictError)
    expect([taken.message, taken.extensions]).toEqual([
      'This name is already taken.',
      {
        code: 'CONFLICT',
        field: 'name',
        fields: [{ path: 'input.name', code: 'TAKEN', message: 'This name is already taken.' }],
      },
    ])
  })
})
