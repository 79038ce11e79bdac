import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { generate } from '@graphql-codegen/cli'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { type Answer, ask, post } from '../http/http-client.ts'
import { createSecondInstance, createTestApp, type TestApp } from '../support/app.ts'
import { freePort } from '../support/server-process.ts'
import { PASSWORD, type Person, signUp } from '../support/story.ts'

const MINE = 'query Mine {\n  me {\n    username\n  }\n}'
const BOTH =
  'query One {\n  __typename\n}\n\nquery Two($first: Int!) {\n  users(first: $first) {\n    nodes {\n      id\n    }\n  }\n}'
const RENAME =
  'mutation Rename($input: UpdateProfileInput!) {\n  updateProfile(input: $input) {\n    user {\n      username\n    }\n  }\n}'
const SCHEMA = 'query Schema {\n  __schema {\n    queryType {\n      name\n    }\n  }\n}'
const NOT_THERE = 'query OfAnotherVersion {\n  gone\n}'
const DEEP = `{ users ${'{ nodes { user '.repeat(6)}`
const PREFLIGHT = { 'apollo-require-preflight': '1' }
const GRAPHQL = { accept: 'application/graphql-response+json' }

const hash = (text: string, algorithm = 'sha256') => createHash(algorithm).update(text).digest('hex')
/** The text as graphql-codegen has written it. */
const written = (text: string) => printed.get(/\w+ (\w+)/.exec(text)?.[1] ?? '') ?? text
const idOf = (text: string) => `sha256:${hash(written(text))}`

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-documents-'))
const file = join(folder, 'persisted-documents.json')
const lines: string[] = []
const logDestination = new Writable({
  write(line, _encoding, done) {
    lines.push(String(line))
    done()
  },
})
const printed = new Map<string, string>()
let app: TestApp
let only: App
let alice: Person

/** What graphql-codegen's client preset writes for a project with these documents. */
async function writeByCodegen(): Promise<Record<string, string>> {
  const source = join(folder, 'app.ts')
  const texts = [MINE, RENAME, SCHEMA, 'query One { __typename }']
  writeFileSync(source, texts.map((text, n) => `export const d${n} = graphql(\`${text}\`)`).join('\n'))
  const preset = { preset: 'client' as const, documents: source, plugins: [] }
  await generate({
    schema: 'schema.graphql',
    silent: true,
    generates: { [`${folder}/made/`]: { ...preset, presetConfig: { persistedDocuments: { hashAlgorithm: 'sha1' } } } },
  })
  const made: Record<string, string> = JSON.parse(readFileSync(join(folder, 'made/persisted-documents.json'), 'utf8'))
  for (const text of Object.values(made)) printed.set(/\w+ (\w+)/.exec(text)?.[1] ?? '', text)
  return made
}

beforeAll(async () => {
  const documents = {
    ...(await writeByCodegen()),
    'x-app:both': BOTH,
    NOT_THERE,
    DEEP: `${DEEP}{ id }${' } }'.repeat(6)} }`,
  }
  writeFileSync(file, JSON.stringify(documents))
  const env = { TRUSTED_DOCUMENTS: file, LOG_LEVEL: 'info', METRICS_PORT: String(await freePort()) }
  app = await createTestApp({ backend: 'sqlite', env, logDestination })
  const more = { TRUSTED_DOCUMENTS_MODE: 'only', METRICS_PORT: String(await freePort()) }
  only = await createSecondInstance({ ...app, env: { ...app.env, ...more } }, { logDestination })
  alice = await signUp(app, 'alice')
})
afterAll(async () => {
  await only.close()
  await app.close()
  rmSync(folder, { recursive: true })
})

const send = (body: unknown, headers: Record<string, string> = {}, { url }: App = app) =>
  post(`${url}/graphql`, body, { authorization: `Bearer ${alice.accessToken}`, ...headers })
const get = (parameters: string | Record<string, string>, { url }: App = app, headers = PREFLIGHT) =>
  ask(`${url}/graphql?${new URLSearchParams(parameters)}`, { headers })
const codes = ({ body }: Answer) => body.errors?.map(({ extensions }) => extensions['code'])

describe.each([['allow', () => app] as const, ['only', () => only] as const])('with mode %s', (_mode, service) => {
  it.each([
    ['the identifier in the file', () => hash(written(MINE), 'sha1')],
    ['its sha256, as the working draft of GraphQL over HTTP says', () => idOf(MINE)],
  ])('a document runs by %s', async (_, documentId) => {
    const answer = await send({ documentId: documentId() }, {}, service())
    expect(answer.body).toEqual({ data: { me: { username: alice.username } } })
  })

  it('variables and a name go with it, and mutations run by POST', async () => {
    const named = await send({ documentId: 'x-app:both', operationName: 'One' }, {}, service())
    expect(named.body.data).toEqual({ __typename: 'Query' })
    const input = { displayName: 'Alice' }
    const renamed = await send({ documentId: idOf(RENAME), variables: { input } }, {}, service())
    expect(renamed.body.data).toEqual({ updateProfile: { user: { username: alice.username } } })
  })

  it('queries run by GET, and mutations are 405 there', async () => {
    const parameters = { documentId: 'x-app:both', operationName: 'One', variables: '{}' }
    expect((await get(parameters, service())).body).toEqual({ data: { __typename: 'Query' } })
    expect((await get({ documentId: idOf(RENAME) }, service())).status).toBe(405)
  })

  it.each([
    ['an unknown one', '0'.repeat(40)],
    ['an unknown sha256', idOf('{ me { id } }')],
    ['one in capitals', 'X-APP:BOTH'],
    ['a reserved prefix', 'md5:0'],
    ['a name of every object', 'constructor'],
    ['a text', '{ me { id } }'],
  ])('%s is DOCUMENT_NOT_FOUND, and nothing runs', async (_, documentId) => {
    const plain = await send({ documentId }, {}, service())
    expect([plain.status, codes(plain), plain.body.data]).toEqual([200, ['DOCUMENT_NOT_FOUND'], undefined])
    expect(plain.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const own = await send({ documentId }, GRAPHQL, service())
    expect([own.status, codes(own), own.body.data]).toEqual([400, ['DOCUMENT_NOT_FOUND'], undefined])
    expect(own.headers.get('content-type')).toMatch(/^application\/graphql-response\+json/)
    expect(codes(await get({ documentId }, service()))).toEqual(['DOCUMENT_NOT_FOUND'])
  })

  it.each<[what: string, body: object]>([
    ['beside a text', { documentId: 'x-app:both', query: MINE }],
    ['that is no text', { documentId: 7 }],
    ['that is empty', { documentId: '' }],
  ])('a documentId %s is BAD_REQUEST', async (_, body) => {
    for (const headers of [{}, GRAPHQL]) {
      const answer = await send(body, headers, service())
      expect([answer.status, codes(answer)]).toEqual([400, ['BAD_REQUEST']])
    }
  })

  it('a documentId that is given twice is BAD_REQUEST', async () => {
    const answer = await get(`documentId=x-app:both&documentId=${idOf(MINE)}`, service())
    expect([answer.status, codes(answer)]).toEqual([400, ['BAD_REQUEST']])
  })

  it('limits hold, and a document of another version is refused by validation', async () => {
    expect(codes(await send({ documentId: 'DEEP' }, {}, service()))).toEqual(['QUERY_TOO_COMPLEX'])
    const costly = { documentId: 'x-app:both', operationName: 'Two', variables: { first: 100_000 } }
    expect(codes(await send(costly, {}, service()))).toEqual(['QUERY_TOO_COMPLEX'])
    expect(codes(await send({ documentId: 'NOT_THERE' }, {}, service()))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  })

  it('what a form of a foreign page could send is refused, and a batch too', async () => {
    const forged = await get({ documentId: 'x-app:both', operationName: 'One' }, service(), {} as typeof PREFLIGHT)
    expect([forged.status, codes(forged)]).toEqual([400, ['BAD_REQUEST']])
    expect((await send([{ documentId: idOf(MINE) }], {}, service())).status).toBe(400)
  })

  it('automatic persisted queries stay off', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: hash(MINE) } }
    expect(codes(await send({ extensions }, {}, service()))).toEqual(['PERSISTED_QUERY_NOT_SUPPORTED'])
  })
})

it('mode allow runs texts too', async () => {
  expect((await send({ query: MINE })).body.data).toEqual({ me: { username: alice.username } })
  expect((await get({ query: '{ __typename }' })).body.data).toEqual({ __typename: 'Query' })
})

it.each<[what: string, request: () => Promise<Answer>]>([
  ['any text', () => send({ query: '{ __typename }' }, {}, only)],
  ['the very text of a trusted document', () => send({ query: written(MINE) }, {}, only)],
  ['an introspection', () => send({ query: SCHEMA }, {}, only)],
  ['a broken text', () => send({ query: `{ "${PASSWORD}` }, {}, only)],
  ['a text that is none', () => send({ query: { kind: 'Document' } }, {}, only)],
  ['a text by GET', () => get({ query: '{ __typename }' }, only)],
  ['a text by GET, given twice', () => get('query=&query={__typename}', only)],
  ['a text with a persisted query', () => send({ query: MINE, extensions: { persistedQuery: {} } }, {}, only)],
])('mode only refuses %s', async (_, request) => {
  const answer = await request()
  expect(answer.body.data).toBeUndefined()
  expect(codes(answer)).toEqual([answer.status === 400 ? 'BAD_REQUEST' : 'DOCUMENT_NOT_TRUSTED'])
})

it('mode only: a refused text is 200 or 400 by the media type, and a trusted document may ask for the schema', async () => {
  expect((await send({ query: MINE }, {}, only)).status).toBe(200)
  const own = await send({ query: MINE }, GRAPHQL, only)
  expect([own.status, codes(own)]).toEqual([400, ['DOCUMENT_NOT_TRUSTED']])
  const schema = await send({ documentId: idOf(SCHEMA) }, {}, only)
  expect(schema.body.data).toEqual({ __schema: { queryType: { name: 'Query' } } })
  const hidden = await createSecondInstance({
    ...app,
    env: { ...app.env, INTROSPECTION: 'false', METRICS_PORT: '', LOG_LEVEL: 'silent' },
  })
  const refused = await send({ documentId: idOf(SCHEMA) }, {}, hidden)
  await hidden.close()
  expect(codes(refused)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
})

it('mode only has no explorer', async () => {
  const visit = (service: App) => ask(`${service.url}/graphql`, { headers: { accept: 'text/html' } })
  expect((await visit(app)).headers.get('content-type')).toMatch(/^text\/html/)
  expect((await visit(only)).headers.get('content-type')).not.toMatch(/^text\/html/)
})

it('refusals are logged and counted by their code, without a text', async () => {
  lines.length = 0
  await send({ query: `query Typed { login(input: "${PASSWORD}") }` }, {}, only)
  await send({ documentId: PASSWORD }, {}, only)
  const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(logged.map(({ code, operation }) => [code, operation])).toEqual([
    ['DOCUMENT_NOT_TRUSTED', null],
    ['DOCUMENT_NOT_FOUND', null],
  ])
  expect(lines.join()).not.toMatch(new RegExp(`${PASSWORD}|Typed`))
  const metrics = await (await fetch(`${only.metricsUrl}/metrics`)).text()
  expect(metrics).toMatch(/gatehouse_graphql_operations_total\{code="DOCUMENT_NOT_FOUND"\} [1-9]/)
  expect(metrics).toMatch(/gatehouse_graphql_operations_total\{code="DOCUMENT_NOT_TRUSTED"\} [1-9]/)
})
