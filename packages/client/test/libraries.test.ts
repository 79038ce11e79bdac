/** Apollo Client and urql themselves, set up as docs/clients.md says, against the built service. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import type { ApolloClient } from '@apollo/client/core'
import { gql } from '@apollo/client/core'
import type { Client } from '@urql/core'
import { createSession, type Session } from '../src/index.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const PASSWORD = 'correct horse battery staple'
const ME = '{ me { username } }'
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-client-'))
const env = { PATH: process.env.PATH, PORT: '0', NODE_ENV: 'test', DATABASE_URL: 'sqlite::memory:', MAIL_URL: 'off' }
const main = join(ROOT, 'dist/main.js')
const service = spawn(process.execPath, [main], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
let url = ''

before(async () => {
  let output = ''
  while (!url) {
    output += String((await once(service.stdout, 'data'))[0])
    url = /"url":"([^"]+)".*"Ready"/.exec(output)?.[1] ?? ''
  }
  for (const username of ['alice', 'bob']) {
    const input = { username, email: `${username}@example.com`, password: PASSWORD }
    const register = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
    const { errors } = await open().ask(register, { input })
    assert.equal(errors, undefined)
  }
})
after(() => {
  service.kill()
  rmSync(folder, { recursive: true, force: true })
})

const open = () => createSession({ url, transport: 'BODY' })
const signIn = (session: Session, identifier: string) => session.login({ identifier, password: PASSWORD })

/** The module of the page that holds a text. It lies beside this file, where packages are found. */
async function load<T>(text: string): Promise<T> {
  const page = readFileSync(join(ROOT, 'docs/clients.md'), 'utf8')
  const source = [...page.matchAll(/^```js\n(.*?)^```/gms)].find(([, block]) => block?.includes(text))?.[1] ?? ''
  const file = join(import.meta.dirname, `snippet-${process.pid}-${text.length}.mjs`)
  writeFileSync(file, source.replace(/'gatehouse-client\/(\w+)'/g, "'../src/$1.ts'"))
  try {
    return await import(file)
  } finally {
    rmSync(file)
  }
}

test('Apollo Client sends tokens, and forgets what another user saw', async () => {
  const { createClient } = await load<{ createClient(session: Session): ApolloClient }>('new ApolloClient')
  const session = open()
  await signIn(session, 'alice')
  const client = createClient(session)
  const query = gql(ME)
  assert.deepEqual((await client.query({ query })).data, { me: { __typename: 'User', username: 'alice' } })
  await signIn(session, 'bob')
  assert.deepEqual((await client.query({ query })).data, { me: { __typename: 'User', username: 'bob' } })
  await session.logout()
  await assert.rejects(client.query({ query }), ({ errors }) => {
    assert.equal(errors[0].extensions.code, 'UNAUTHENTICATED')
    return true
  })
})

test('urql sends tokens, and has a client for each user', async () => {
  type Follow = { followUser(session: Session, use: (client: Client) => void): () => void }
  const { followUser } = await load<Follow>('cacheExchange')
  const session = open()
  let client: Client | undefined
  followUser(session, (made) => {
    client = made
  })
  await signIn(session, 'alice')
  const name = async () => (await client?.query<{ me: { username: string } }>(ME, {}).toPromise())?.data?.me?.username
  assert.equal(await name(), 'alice')
  await signIn(session, 'bob')
  assert.equal(await name(), 'bob')
  await session.logout()
  const refused = await client?.query(ME, {}).toPromise()
  assert.equal(refused?.error?.graphQLErrors[0]?.extensions['code'], 'UNAUTHENTICATED')
})
