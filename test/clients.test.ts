import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import type { Session, SignedIn } from '../packages/client/src/index.ts'
import type { TokenPurpose } from '../src/mail/mail-kinds.ts'
import { blocksOf, readPage } from './docs/pages.ts'
import { createTestApp, describeEachBackend, type TestApp } from './support/app.ts'
import { TestClient } from './support/client.ts'
import { createTokenMaker } from './support/mail-tokens.ts'
import { turnOn } from './support/second-factor.ts'
import { PASSWORD, signUp } from './support/story.ts'

const PAGE = readPage('docs/clients.md')
const CLIENT = readFileSync('packages/client/src/errors.ts', 'utf8')
const BLOCKS = blocksOf('docs/clients.md')
const ME = '{ me { username } }'

/** What the token that a document sends is for. */
const TOKENS: [field: string, purpose: TokenPurpose][] = [
  ['verifyEmail', 'verify-email'],
  ['revertEmailChange', 'email-changed'],
  ['resetPassword', 'reset-password'],
]

interface Web {
  session: Session
  signIn(identifier: string, password: string, askForCode: () => Promise<string>): Promise<SignedIn>
}

interface Mobile {
  openSession(keychain: {
    read(key: string): Promise<string | null>
    write(key: string, text: string | null): Promise<void>
  }): Session
}

it('the page for clients names no code, type or setting that is not there', () => {
  const known = `${readFileSync('schema.graphql', 'utf8')} ${readFileSync('.env.example', 'utf8')} ${CLIENT}`
  const names = [...PAGE.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b|`([A-Z][a-z]+[A-Z]\w+)`/g)].map(
    ([name, type]) => type ?? name,
  )
  expect(names.length).toBeGreaterThan(20)
  for (const name of names) expect(known).toMatch(new RegExp(`\\b${name}\\b`))
})

describeEachBackend('the page for clients', (backend) => {
  let app: TestApp
  let alice: { id: string; email: string }
  const cookies = new Map<string, string>()

  beforeAll(async () => {
    app = await createTestApp({ backend, env: { COOKIE_SECURE: 'false', MAIL_URL: 'smtp://127.0.0.1:1' } })
    const register =
      'mutation ($p: String!) { register(input: { username: "alice", email: "alice@example.com", password: $p }) { user { id email } } }'
    type Registered = { register: { user: typeof alice } }
    alice = (await new TestClient(app.url).get<Registered, object>(register, { p: PASSWORD })).register.user
  })
  afterEach(() => vi.unstubAllGlobals())
  afterAll(() => app.close())

  it('has documents that answer as it says', async () => {
    const client = new TestClient(app.url)
    const tokenOf = createTokenMaker(app)
    let token = ''
    for (const [index, { language, text }] of BLOCKS.entries()) {
      if (language !== 'graphql') continue
      const [, purpose] = TOKENS.find(([field]) => text.includes(`${field}(`)) ?? []
      const variables = { token: purpose && (await tokenOf(purpose, alice)), newPassword: PASSWORD }
      const { data, errors } = await client.run<{ login?: { accessToken: string } }, object>(text, variables, { token })
      const next = BLOCKS[index + 1]
      const expected = next?.language === 'json' ? JSON.parse(next.text) : { errors: [] }
      expect({ data, errors }).toMatchObject(expected)
      token = data?.login?.accessToken ?? token
    }
  })

  it('has a client for web pages that signs in with a second factor', async () => {
    stubBrowser()
    const person = await signUp(app)
    const { recoveryCodes, code } = await turnOn(person)
    const { session, signIn } = await load<Web>('askForCode')
    // The code of the set-up is used up.
    const next = async () => code(1)
    expect(await signIn(person.username, PASSWORD, next)).toMatchObject({ userId: person.id })
    expect(await session.ask(ME)).toEqual({ data: { me: { username: person.username } } })
    await session.reauthenticate({ password: PASSWORD, secondFactor: { recoveryCode: recoveryCodes[0] ?? '' } })
    await session.logout()
    expect(await session.token()).toBeNull()
    session.close()
  })

  it('has a client for mobile apps that outlives a restart', async () => {
    const person = await signUp(app)
    const keychain = new Map<string, string | null>()
    const { openSession } = await load<Mobile>('keychain')
    const open = () =>
      openSession({
        read: async (key) => keychain.get(key) ?? null,
        write: async (key, text) => void keychain.set(key, text),
      })
    const user = await open().login({ identifier: person.username, password: PASSWORD })
    const second = open()
    expect(await second.ask(ME)).toEqual({ data: { me: { username: person.username } } })
    expect(second.user).toEqual(user)
    await second.logout()
    expect([keychain.get('session'), await open().token()]).toEqual([null, null])
  })

  it('has a client for servers, and a first request for curl', async () => {
    expect(await load('export const answer')).toMatchObject({ answer: { data: { me: { username: 'alice' } } } })
    const body = BLOCKS.find(({ language }) => language === 'sh')?.text.match(/-d '(.*)'/s)?.[1] ?? ''
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body })
    expect(await response.json()).toEqual({ data: { can: { allowed: false, reason: 'UNAUTHENTICATED' } } })
  })

  /** The module of the page that holds a text, with this service's address. */
  async function load<T>(text: string): Promise<T> {
    const source = BLOCKS.find((block) => block.language === 'js' && block.text.includes(text))?.text ?? ''
    const own = source
      .replaceAll('http://localhost:4000', app.url)
      .replaceAll("'gatehouse-client'", `'${pathToFileURL('packages/client/src/index.ts')}'`)
    return (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(own)}`)) as T
  }

  /** What pages have and Node has not: cookies and an origin. */
  function stubBrowser(): void {
    const send = fetch
    vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await send(`${app.url}/graphql`, {
        ...init,
        headers: { ...Object.fromEntries(new Headers(init.headers)), origin: app.url, cookie },
      })
      for (const line of response.headers.getSetCookie()) keepCookie(line)
      return response
    })
  }

  function keepCookie(line: string): void {
    const [pair = ''] = line.split(';')
    const [name = '', value = ''] = pair.split('=')
    if (value === '') cookies.delete(name)
    else cookies.set(name, value)
  }
})
