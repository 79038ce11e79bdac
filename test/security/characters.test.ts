import { afterAll, beforeAll, expect, it } from 'vitest'
import { post, sendRaw } from '../http/http-client.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { PASSWORD } from '../support/story.ts'
import { login } from '../support/tokens.ts'
import { Fates } from './fates.ts'

const SET =
  'mutation ($key: String!, $value: JSON!) { setSessionValue(input: { key: $key, value: $value }) { session { id } } }'
const GET = 'query ($key: String!) { session { keys value(key: $key) } }'
const CLEAR = 'mutation { clearSessionValues { session { id } } }'

/** Name, text, and whether it may be a display name. */
const ODD: [string, string, boolean][] = [
  ['four bytes', 'a\u{1f600}\u{10ffff}\u{20000}', true],
  ['a family of one sign', '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\ufe0f', true],
  ['composed letters', 'caf\u00e9 \u1e9b\u0323', true],
  ['decomposed letters', 'cafe\u0301 \u017f\u0323\u0307', true],
  ['many marks on one letter', `a${'\u0316'.repeat(60)}`, true],
  ['right to left', '\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627', true],
  ['zero width', 'a\u200bb\u2060c', true],
  ['no characters at all', 'a\ufffe\uffff\u{1fffe}b', true],
  ['private use', '\ue000\u{f0000}', true],
  ['a replacement character', 'a\ufffdb', true],
  ['a line separator', 'a\u2028b\u2029c', true],
  ['quotes and backslashes', `\\"'\`\\\\%_\\0\\n\u0060`, true],
  ['markup', '<script>alert(1)</script>&amp;', true],
  ['NUL', 'a\0b', false],
  ['a line feed', 'a\nb', false],
  ['an escape', 'a\u001b[31mb', false],
  ['a C1 control', 'a\u009bb', false],
  ['an override of direction', 'a\u202eb', false],
  ['an isolate of direction', 'a\u2066b\u2069', false],
  ['half a character', 'a\ud800b', false],
  ['the other half', 'a\udc00b', false],
  ['halves in the wrong order', '\udc00\ud800', false],
]

describeEachBackend('texts', (backend) => {
  let app: TestApp
  let fates: Fates

  beforeAll(async () => {
    app = await createTestApp({ backend })
    fates = await Fates.create(app)
  })
  afterAll(() => app.close())

  it.each(ODD)(
    'with %s are kept as they are or refused as a display name, and never changed',
    async (_, text, isName) => {
      expect(await fates.displayName(text)).toEqual(isName ? 'kept' : [['input.displayName', 'INVALID']])
    },
  )

  it.each(ODD)(
    'with %s are kept as they are in a session, as keys and in values (ASVS 1.2.1, 1.2.3)',
    async (_, text) => {
      expect(await fates.sessionValue(text, { [text]: [text, null, true, 1.5, { '': text }] })).toBe('kept')
    },
  )

  it.each(ODD)('with %s find nobody and sign nobody in', async (_, text) => {
    expect(await fates.search(text)).toBe('kept')
    for (const identifier of [
      text,
      `${fates.person.username}${text}`,
      `${text}@example.com`,
      `${fates.person.email}${text}`,
    ])
      expect((await login(app, identifier)).codes).toEqual(['INVALID_CREDENTIALS'])
  })

  it('that look alike are different keys of a session', async () => {
    const keys = [
      'a',
      'A',
      'á',
      'a\u0301',
      'a ',
      ' a',
      'a\0',
      'a\u200b',
      'ａ',
      'ß',
      'ss',
      '',
      'a\t',
      '\u0130',
      'i',
      'I',
    ]
    await fates.person.client.get(CLEAR)
    const nonempty = keys.filter((key) => key !== '')
    for (const key of nonempty) await fates.person.client.get(SET, { key, value: { key } })
    for (const key of nonempty) {
      const { session } = await fates.person.client.get<{ session: { value: unknown; keys: string[] } }, object>(GET, {
        key,
      })
      expect(session).toEqual({ keys: nonempty.toSorted((a, b) => (a < b ? -1 : 1)), value: { key } })
    }
  })

  it.each(['1e400', '[-1e400]', '{"a":{"b":1e999}}'])(
    'of JSON that would not come back are refused: %s',
    async (text) => {
      const query = 'mutation ($v: JSON!) { setSessionValue(input: { key: "k", value: $v }) { session { id } } }'
      const body = JSON.stringify({ query, variables: { v: 0 } }).replace('"v":0', `"v":${text}`)
      const { body: answer } = await post(`${app.url}/graphql`, body, {
        authorization: `Bearer ${fates.person.accessToken}`,
      })
      const fields = [{ path: 'input.value', code: 'INVALID', message: expect.any(String) }]
      expect(answer.errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', fields })
    },
  )

  it.each([
    ['own properties of all objects', '{"__proto__":{"a":1},"constructor":null,"toString":"x"}'],
    ['numbers', '[0,-1,0.1,1e-7,1.7976931348623157e308,9007199254740991]'],
    ['the falsy', '[null,false,0,"",[],{}]'],
    ['depth', `${'['.repeat(400)}${']'.repeat(400)}`],
  ])('of JSON come back as they were sent: %s', async (_, text) => {
    expect(await fates.sessionValue('json', JSON.parse(text))).toBe('kept')
  })

  async function recordedAgents(agent: Buffer): Promise<unknown> {
    const body = JSON.stringify({
      query: `mutation { login(input: { identifier: "${fates.person.username}", password: "${PASSWORD}" }) { session { userAgent } user { activities(first: 1) { nodes { action userAgent } } } } }`,
    })
    const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nUser-Agent: `
    const { body: answer } = await sendRaw(
      app.url,
      Buffer.concat([Buffer.from(head), agent, Buffer.from('\r\n\r\n')]),
      body,
    )
    return answer.data?.login ?? answer
  }

  it.each([
    ['plain', 'curl/8.5.0', 'curl/8.5.0'],
    ['of 255 characters', 'x'.repeat(255), 'x'.repeat(255)],
    ['of 256 characters', 'x'.repeat(256), 'x'.repeat(255)],
    ['of 127 emoji and one letter', `${'\u{1f600}'.repeat(127)}x`, `${'\u{1f600}'.repeat(127)}x`],
    ['of 128 emoji', '\u{1f600}'.repeat(128), '\u{1f600}'.repeat(127)],
    ['with BiDi', 'a\u202e\u2066b', 'a\u202e\u2066b'],
    ['with separators of lines', 'a\u2028b\u0085c', 'a\u2028b\u0085c'],
    ['with a tab and quotes', 'a\tb\'"\\`', 'a\tb\'"\\`'],
  ])('of a user agent %s are recorded, cut at a character', async (_, agent, recorded) => {
    expect(await recordedAgents(Buffer.from(agent))).toEqual({
      session: { userAgent: recorded },
      user: { activities: { nodes: [{ action: 'USER_LOGIN', userAgent: recorded }] } },
    })
  })
})
