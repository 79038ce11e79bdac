import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { UnauthenticatedError } from '../../src/errors.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import type { Answer } from '../support/client.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { openSql } from '../support/sql.ts'
import { type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { faultsOf } from '../support/tokens.ts'

const SET = `mutation ($input: SetSessionValueInput!) { setSessionValue(input: $input) { session { keys } } }`
const REMOVE = 'mutation ($key: String!) { removeSessionValue(input: { key: $key }) { session { keys } } }'

/** Of ECMAScript 2026; TypeScript's declarations do not have them yet. */
const JSON_WITH_SOURCE = JSON as unknown as {
  parse(text: string, reviver: (key: string, part: unknown, context: { source?: string }) => unknown): unknown
  rawJSON(text: string): unknown
}

describeEachBackend('values of a session', (backend) => {
  let app: TestApp
  let clock: TestClock
  let alice: Person

  beforeAll(async () => {
    clock = createTestClock()
    app = await createTestApp({ backend, clock: clock.now })
  })
  beforeEach(async () => {
    alice = await signUp(app, 'alice')
  })
  afterAll(() => app.close())

  const set = (key: string, value: unknown, expiresIn?: number | null, person = alice): Promise<Answer<unknown>> =>
    person.client.run(SET, { input: { key, value, ...(expiresIn !== undefined && { expiresIn }) } })
  const readValue = async (key: string, person = alice): Promise<unknown> => {
    const document = 'query ($key: String!) { session { value(key: $key) } }'
    const { session } = await person.client.get<{ session: { value: unknown } }, object>(document, { key })
    return session.value
  }
  const keysOf = async (person = alice): Promise<string[]> =>
    (await person.client.get<{ session: { keys: string[] } }, object>('{ session { keys } }')).session.keys

  it.each([
    false,
    0,
    '',
    'text \u{1f600}',
    [1, [null, { a: [] }]],
    { constructor: 1, toString: { b: null }, nested: { deep: [true] } },
    -1.5e300,
  ])('keep any JSON as it is: %j', async (value) => {
    expect((await set('a', value)).codes).toEqual([])
    expect(await readValue('a')).toEqual(value)
  })

  /** By a variable whose numbers are sent as they are written. */
  const sendJson = (json: string): Promise<Answer<unknown>> => {
    const value = JSON_WITH_SOURCE.parse(json, (_, part, { source }) =>
      typeof part === 'number' ? JSON_WITH_SOURCE.rawJSON(source ?? '') : part,
    )
    return alice.client.run(SET, { input: { key: 'a', value } })
  }
  const sendLiteral = (value: string, variables: object = {}, definitions = ''): Promise<Answer<unknown>> =>
    alice.client.run(
      `mutation ${definitions} { setSessionValue(input: { key: "a", value: ${value} }) { session { keys } } }`,
      variables,
    )

  it.each([
    '9007199254740991',
    '-9007199254740991',
    '1E21',
    '-0',
    '0.1234567890123456789',
    '[1.0, {a: 1e2}]',
    '{__proto__: {admin: true}, constructor: 1, a: null}',
    `"12345678901234567890"`,
    `${'['.repeat(200)}${']'.repeat(200)}`,
  ])('are the same by literal and by variable: %j', async (literal) => {
    const json = literal.replaceAll(/(\w+): /g, '"$1": ')
    for (const send of [() => sendLiteral(literal), () => sendJson(json)]) {
      await set('a', 'before')
      expect((await send()).codes).toEqual([])
      expect(JSON.stringify(await readValue('a'))).toBe(JSON.stringify(JSON.parse(json)))
    }
  })

  it.each([
    '9007199254740992',
    '-9007199254740993',
    '12345678901234567890',
    '9007199254740993.0',
    '1234567890123456789e1',
    '1.2345678901234567890E19',
    '1e400',
    '-1e999',
    '[1, [12345678901234567890]]',
    '{a: [{b: 9007199254740993}], c: "x"}',
    '{a: 1e999}',
  ])('refuse a number that would change: %j', async (literal) => {
    await set('a', 'before')
    const json = literal.replaceAll(/(\w+): /g, '"$1": ')
    const fault = [['input.value', 'INVALID']]
    expect(faultsOf(await sendLiteral(literal))).toEqual(fault)
    expect(faultsOf(await sendJson(json))).toEqual(fault)
    expect(faultsOf(await sendLiteral(`{ nested: [$x] }`, { x: 1 }, '($x: Int)'))).toEqual([])
    await set('a', 'before')
    expect(await readValue('a')).toBe('before')
  })

  it('take variables of any type inside of literals; one without a value is left out, or null in a list', async () => {
    const definitions = '($n: Int!, $j: JSON, $t: TokenTransport, $d: DateTime, $no: String, $deep: Int = 5)'
    const variables = { n: 1, j: { x: [null] }, t: 'COOKIE', d: '2026-01-31T12:00:00.000Z' }
    const literal = '{ n: $n, l: [$n, [$j, $no], $t], o: { d: $d, no: $no, deep: $deep } }'
    expect((await sendLiteral(literal, variables, definitions)).errors).toEqual([])
    expect(await readValue('a')).toEqual({
      n: 1,
      l: [1, [{ x: [null] }, null], 'COOKIE'],
      o: { d: '2026-01-31T12:00:00.000Z', deep: 5 },
    })
    expect((await sendLiteral('[$n, $no, $j]', { n: 2 }, '($n: Int, $no: String, $j: JSON)')).codes).toEqual([])
    expect(await readValue('a')).toEqual([2, null, null])
  })

  it.each([
    ['[$x]', ''],
    ['{ a: ENUM }', ''],
    ['[ENUM]', ''],
    ['{ a: 1, a: 2 }', ''],
    ['$x', '($x: Int!)'],
  ])('refuse what is no JSON literal: %s', async (literal, definitions) => {
    expect((await sendLiteral(literal, { x: 1 }, definitions)).codes).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  })

  it('have keys in their order, and null for a key that is not there', async () => {
    for (const key of ['b', 'a', '__proto__', 'Z', 'ä']) expect((await set(key, key)).codes).toEqual([])
    expect(await keysOf()).toEqual(['Z', '__proto__', 'a', 'b', 'ä'])
    expect(await readValue('__proto__')).toBe('__proto__')
    expect(await readValue('toString')).toBeNull()
    expect(await readValue('B')).toBeNull()
  })

  it('expire on time, at once with 0, and without expiry live on, whatever an earlier one had', async () => {
    await set('brief', 1, 10)
    await set('gone', 1, 0)
    await set('kept', 1, 10)
    await set('kept', 2)
    await set('other', 3, 20)
    expect(await keysOf()).toEqual(['brief', 'kept', 'other'])
    expect(await readValue('gone')).toBeNull()
    clock.advance(9)
    expect(await readValue('brief')).toBe(1)
    clock.advance(1)
    expect(await readValue('brief')).toBeNull()
    expect(await keysOf()).toEqual(['kept', 'other'])
    await set('other', 4, null)
    clock.advance(60)
    expect([await readValue('kept'), await readValue('other')]).toEqual([2, 4])
  })

  it.each([
    ['', 1, undefined, ['input.key', 'TOO_SHORT']],
    ['k'.repeat(65), 1, undefined, ['input.key', 'TOO_LONG']],
    ['a', 'v'.repeat(4095), undefined, ['input.value', 'TOO_LONG']],
    ['a', '\u00e4'.repeat(2048), undefined, ['input.value', 'TOO_LONG']],
    ['a', 1, -1, ['input.expiresIn', 'OUT_OF_RANGE']],
  ])('refuse what is out of bounds and change nothing (%#)', async (key, value, expiresIn, fault) => {
    await set('a', 'before')
    expect(faultsOf(await set(key, value, expiresIn))).toEqual([fault])
    expect([await keysOf(), await readValue('a')]).toEqual([['a'], 'before'])
  })

  it('may have keys of 64 characters, 4 KiB each, and the longest expiry that GraphQL knows', async () => {
    const key = '\u{1f600}'.repeat(64)
    expect((await set(key, 'v'.repeat(4094), 2 ** 31 - 1)).codes).toEqual([])
    expect(await readValue(key)).toBe('v'.repeat(4094))
  })

  it('are 64 at most, of those that live, also of many at once', async () => {
    for (let index = 0; index < 62; index++) await set(`key${index}`, index)
    await set('passing', 1, 5)
    const answers = await Promise.all(Array.from({ length: 6 }, (_, index) => set(`more${index}`, index)))
    expect(answers.filter(({ codes }) => codes.length === 0)).toHaveLength(1)
    expect(answers.flatMap(faultsOf)).toEqual(Array(5).fill(['input.key', 'OUT_OF_RANGE']))
    expect((await set('key0', 'again')).codes).toEqual([])
    clock.advance(5)
    expect((await set('room', 1)).codes).toEqual([])
    expect(await keysOf()).toHaveLength(64)
  })

  it('are removed one by one or all at once, and the session goes on', async () => {
    await set('a', 1)
    await set('b', 2)
    await set('c', 3)
    const removed = await alice.client.get<{ removeSessionValue: object }, object>(REMOVE, { key: 'b' })
    expect(removed.removeSessionValue).toEqual({ session: { keys: ['a', 'c'] } })
    expect((await alice.client.run(REMOVE, { key: 'never there' })).codes).toEqual([])
    const cleared = await alice.client.get('mutation { clearSessionValues { session { keys isCurrent } } }')
    expect(cleared).toEqual({ clearSessionValues: { session: { keys: [], isCurrent: true } } })
    expect(await keysOf()).toEqual([])
  })

  it('are of the current session alone, and shown to nobody else', async () => {
    const other = await signIn(app, alice.username)
    const chief = await signUpAdmin(app)
    await set('a', 'mine')
    await set('a', 'others', undefined, other)
    expect([await readValue('a'), await readValue('a', other)]).toEqual(['mine', 'others'])
    const document = 'query ($id: ID!) { user(id: $id) { sessions { id isCurrent keys value(key: "a") } } }'
    const sessionsFor = async (person: Person) =>
      (await person.client.get<{ user: { sessions: object[] } }, object>(document, { id: alice.id })).user.sessions
    const hidden = { isCurrent: false, keys: [], value: null }
    expect(await sessionsFor(chief)).toEqual(expect.arrayContaining([{ id: alice.sessionId, ...hidden }]))
    expect(await sessionsFor(alice)).toEqual(
      expect.arrayContaining([
        { id: alice.sessionId, isCurrent: true, keys: ['a'], value: 'mine' },
        { id: other.sessionId, ...hidden },
      ]),
    )
  })

  it('go with their session', async () => {
    await set('a', 1)
    await alice.client.get('mutation { logout { sessionId } }')
    const sql = await openSql(app)
    const statement = `select count(*) as n from session_values where session_id = '${alice.sessionId}'`
    expect(await sql.all(statement)).toEqual([{ n: 0 }])
    await sql.close()
  })

  it('are not taken for a session that has ended, be it since the request began', async () => {
    const data = app.services().sessionData(alice.sessionId)
    await alice.client.get('mutation { logout { sessionId } }')
    await expect(data.set('a', 1)).rejects.toThrow(UnauthenticatedError)
    expect(await data.all()).toEqual(new Map())
  })

  it('are there for services as well: get with a default, has, remove, clear', async () => {
    const data = app.services().sessionData(alice.sessionId)
    expect([await data.get('a', 'none'), await data.has('a')]).toEqual(['none', false])
    await data.set('a', false, 5)
    expect([await data.get('a', 'none'), await data.has('a')]).toEqual([false, true])
    clock.advance(5)
    expect([await data.get('a', 'none'), await data.has('a')]).toEqual(['none', false])
    await data.set('a', 1)
    await data.set('b', 2)
    await data.remove('a')
    expect([await data.has('a'), await data.has('b')]).toEqual([false, true])
    await data.clear()
    expect(await data.all()).toEqual(new Map())
  })
})
