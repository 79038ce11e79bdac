import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { buildSchema, type GraphQLEnumType } from 'graphql'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { EXAMPLES } from '../../tools/docs/examples.ts'
import { normalize } from '../docs/normalize.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { Browser } from '../support/browser.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { loginWith, START, turnOn } from '../support/second-factor.ts'
import { openSql } from '../support/sql.ts'
import { PASSWORD, type Person, signUp, signUpAdmin } from '../support/story.ts'
import { LOGIN, REFRESH } from '../support/tokens.ts'

interface Scene {
  app: TestApp
  clock: TestClock
  chief: Person
  alice: Person
}

/** Codes that Apollo Server adds for requests that never ran. */
const OF_APOLLO = [
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'BAD_REQUEST',
]

const VERIFY = 'mutation { verifyEmail(input: { token: "forged" }) { email } }'
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const UPDATE = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'

type Errors = { message: string; extensions: Record<string, unknown> }[]

const post = async ({ app }: Scene, body: unknown): Promise<Errors> => {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) })
  return ((await response.json()) as { errors: Errors }).errors
}
const ask = (scene: Scene, query: string, variables?: object) => post(scene, { query, variables })
const signIn = (scene: Scene, identifier: string, password: string) =>
  ask(scene, LOGIN, { input: { identifier, password } })
const refreshWith = (scene: Scene, refreshToken: string) => ask(scene, REFRESH, { input: { refreshToken } })

/** An instance that has mail set up, with a server that takes none, and asks for confirmed addresses. */
async function withMail(scene: Scene, provoke: (there: Scene) => Promise<Errors>): Promise<Errors> {
  const env = { ...scene.app.env, MAIL_URL: 'smtp://127.0.0.1:1', REQUIRE_VERIFIED_EMAIL: 'true' }
  const instance = await createSecondInstance({ ...scene.app, env })
  try {
    return await provoke({ ...scene, app: { ...scene.app, url: instance.url } })
  } finally {
    await instance.close()
  }
}

/** An instance that runs trusted documents alone. */
async function withDocuments(scene: Scene, body: object): Promise<Errors> {
  const documents = { TRUSTED_DOCUMENTS: 'test/support/trusted-documents.json', TRUSTED_DOCUMENTS_MODE: 'only' }
  const instance = await createSecondInstance({ ...scene.app, env: { ...scene.app.env, ...documents } })
  try {
    return await post({ ...scene, app: { ...scene.app, url: instance.url } }, body)
  } finally {
    await instance.close()
  }
}

/** How each code is caused, and the other extensions of its error. */
const CASES: Record<string, { provoke: (scene: Scene) => Promise<Errors>; more?: object }> = {
  BAD_USER_INPUT: {
    provoke: (scene) => ask(scene, REGISTER, { input: { username: 'x', email: 'x', password: PASSWORD } }),
    more: {
      fields: [
        { path: 'input.username', code: 'TOO_SHORT', message: expect.any(String) },
        { path: 'input.email', code: 'INVALID', message: expect.any(String) },
      ],
    },
  },
  UNAUTHENTICATED: { provoke: (scene) => ask(scene, '{ me { id } }') },
  INVALID_CREDENTIALS: { provoke: (scene) => signIn(scene, 'nobody', 'not the password') },
  ACCOUNT_DISABLED: {
    async provoke(scene) {
      await scene.chief.client.get(UPDATE, { input: { userId: scene.alice.id, isActive: false } })
      return signIn(scene, scene.alice.username, PASSWORD)
    },
  },
  FORBIDDEN: { provoke: async ({ alice }) => (await alice.client.run('{ users { nodes { id } } }')).errors },
  CSRF_FAILED: {
    async provoke({ app, alice }) {
      const browser = new Browser(app)
      await browser.login(alice.username)
      return (await browser.refresh('not the token')).errors
    },
  },
  NOT_FOUND: {
    provoke: async ({ chief }) =>
      (await chief.client.run(UPDATE, { input: { userId: 'nobody', role: 'user' } })).errors,
  },
  CONFLICT: {
    provoke: (scene) =>
      ask(scene, REGISTER, {
        input: { username: scene.alice.username, email: 'new@example.com', password: PASSWORD },
      }),
    more: {
      field: 'username',
      fields: [{ path: 'input.username', code: 'TAKEN', message: expect.any(String) }],
    },
  },
  REFRESH_TOKEN_INVALID: { provoke: (scene) => refreshWith(scene, 'forged') },
  REFRESH_TOKEN_REUSED: {
    async provoke(scene) {
      await refreshWith(scene, scene.alice.refreshToken)
      scene.clock.advance(60)
      return refreshWith(scene, scene.alice.refreshToken)
    },
  },
  RATE_LIMITED: {
    async provoke(scene) {
      const limited = await createSecondInstance({
        ...scene.app,
        env: { ...scene.app.env, RATE_LIMIT_FACTOR: '0.001' },
      })
      try {
        await refreshWith({ ...scene, app: { ...scene.app, url: limited.url } }, 'forged')
        return await refreshWith({ ...scene, app: { ...scene.app, url: limited.url } }, 'forged')
      } finally {
        await limited.close()
      }
    },
    more: { retryAfter: expect.any(Number) },
  },
  QUERY_TOO_COMPLEX: {
    provoke: (scene) => ask(scene, '{ users(first: 100) { nodes { activities(first: 100) { nodes { id } } } } }'),
  },
  DOCUMENT_NOT_FOUND: { provoke: (scene) => withDocuments(scene, { documentId: 'x-test:none' }) },
  DOCUMENT_NOT_TRUSTED: { provoke: (scene) => withDocuments(scene, { query: '{ __typename }' }) },
  SECOND_FACTOR_REQUIRED: {
    async provoke(scene) {
      await turnOn(scene.alice, { now: scene.clock.now })
      return signIn(scene, scene.alice.username, PASSWORD)
    },
    more: { methods: ['TOTP', 'RECOVERY_CODE'] },
  },
  SECOND_FACTOR_INVALID: {
    async provoke(scene) {
      await turnOn(scene.alice, { now: scene.clock.now })
      return (await loginWith(scene.app, scene.alice.username, { code: 'no code' })).errors
    },
  },
  REAUTHENTICATION_REQUIRED: {
    async provoke({ alice, clock }) {
      clock.advance(600)
      return (await alice.client.run(START)).errors
    },
  },
  EMAIL_NOT_VERIFIED: {
    provoke: (scene) => withMail(scene, (there) => signIn(there, scene.alice.username, PASSWORD)),
  },
  MAIL_TOKEN_INVALID: { provoke: (scene) => withMail(scene, (there) => ask(there, VERIFY)) },
  NOT_CONFIGURED: { provoke: (scene) => ask(scene, VERIFY) },
  SERVICE_UNAVAILABLE: {
    async provoke(scene) {
      const env = { ...scene.app.env, DATABASE_URL: 'mysql://nobody@127.0.0.1:1/none' }
      const away = await createSecondInstance({ ...scene.app, env })
      try {
        return await signIn({ ...scene, app: { ...scene.app, url: away.url } }, 'nobody', PASSWORD)
      } finally {
        await away.close()
      }
    },
  },
  INTERNAL_SERVER_ERROR: {
    async provoke({ app, alice }) {
      const sql = await openSql(app)
      await sql.run('alter table session_values rename to hidden_values')
      const { errors } = await alice.client.run('{ session { keys } }')
      await sql.run('alter table hidden_values rename to session_values')
      await sql.close()
      return errors
    },
    more: { requestId: expect.stringMatching(/^[\w-]{8,64}$/) },
  },
  GRAPHQL_PARSE_FAILED: { provoke: (scene) => ask(scene, '{') },
  GRAPHQL_VALIDATION_FAILED: { provoke: (scene) => ask(scene, '{ nothing }') },
  OPERATION_RESOLUTION_FAILURE: {
    provoke: (scene) => post(scene, { query: '{ __typename }', operationName: 'Other' }),
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    provoke: (scene) => post(scene, { extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } } }),
  },
  BAD_REQUEST: { provoke: (scene) => post(scene, [{ query: '{ __typename }' }]) },
}

describeEachBackend('every error code', (backend) => {
  let scene: Scene

  beforeAll(async () => {
    const clock = createTestClock()
    const app = await createTestApp({ backend, clock: clock.now })
    scene = { app, clock, chief: await signUpAdmin(app), alice: await signUp(app, 'alice') }
  })
  afterAll(() => scene.app.close())

  it('has a case here', () => {
    const codes = buildSchema(readFileSync('schema.graphql', 'utf8')).getType('ErrorCode') as GraphQLEnumType
    const names = [...codes.getValues().map(({ name }) => name), ...OF_APOLLO]
    expect(Object.keys(CASES).toSorted()).toEqual(names.toSorted())
  })

  it.each(Object.entries(CASES))('%s comes about, alone and with what it promises', async (code, { provoke, more }) => {
    const alice = await signUp(scene.app, 'alice')
    const errors = await provoke({ ...scene, alice })
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code, ...more }])
    const [{ message, extensions } = { message: '', extensions: {} }] = errors
    const text = `${JSON.stringify(normalize({ message, extensions }), null, 2)}\n`
    // What docs/errors.md shows. `npm run docs:record` writes it anew.
    await expect(text).toMatchFileSnapshot(resolve(EXAMPLES, `errors/${code}.json`))
  })
})
