import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { ErrorCode } from '../src/errors.ts'
import type { TokenPurpose } from '../src/mail/mail-kinds.ts'
import { createTestApp, describeEachBackend, type TestApp } from './support/app.ts'
import { TestClient } from './support/client.ts'
import { createTokenMaker } from './support/mail-tokens.ts'
import { PASSWORD } from './support/story.ts'

const PAGE = readFileSync('docs/clients.md', 'utf8')
const BLOCKS = [...PAGE.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, language = '', text = '']) => ({ language, text }))
const MODULE = BLOCKS.find(({ language }) => language === 'js')?.text ?? ''

/** What the token that a document sends is for. */
const TOKENS: [field: string, purpose: TokenPurpose][] = [
  ['verifyEmail', 'verify-email'],
  ['revertEmailChange', 'email-changed'],
  ['resetPassword', 'reset-password'],
]

interface Tab {
  signIn(identifier: string, password: string): Promise<{ data: { login: object | null } }>
  ask(query: string): Promise<object>
}

it('the page for clients names every code, and no code, type or setting that is not there', () => {
  const known = `${readFileSync('schema.graphql', 'utf8')} ${readFileSync('.env.example', 'utf8')}`
  const names = [...PAGE.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b|`([A-Z][a-z]+[A-Z]\w+)`/g)].map(
    ([name, type]) => type ?? name,
  )
  expect(names.length).toBeGreaterThan(20)
  for (const name of names) expect(known).toMatch(new RegExp(`\\b${name}\\b`))
  for (const code of Object.values(ErrorCode)) expect(PAGE).toContain(`| \`${code}\` |`)
})

describeEachBackend('the page for clients', (backend) => {
  let app: TestApp
  let alice: { id: string; email: string }
  const channels: InstanceType<typeof BroadcastChannel>[] = []
  const cookies = new Map<string, string>()
  const sent: string[] = []

  beforeAll(async () => {
    app = await createTestApp({ backend, env: { COOKIE_SECURE: 'false', MAIL_URL: 'smtp://127.0.0.1:1' } })
    const register =
      'mutation ($p: String!) { register(input: { username: "alice", email: "alice@example.com", password: $p }) { user { id email } } }'
    type Registered = { register: { user: typeof alice } }
    alice = (await new TestClient(app.url).get<Registered, object>(register, { p: PASSWORD })).register.user
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    for (const channel of channels.splice(0)) channel.close()
  })
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

  it('has a browser client that signs in, reloads, and refreshes once for several tabs', async () => {
    stubBrowser()
    const first = await openTab()
    expect((await first.signIn('alice', PASSWORD)).data.login).toMatchObject({ csrfToken: expect.any(String) })
    const alice = { data: { me: { username: 'alice' } } }
    expect(await first.ask('{ me { username } }')).toEqual(alice)
    expect(sent.filter((query) => query.includes('refresh'))).toHaveLength(0)
    const tabs = await Promise.all([openTab(), openTab(), openTab()])
    expect(await Promise.all(tabs.map((tab) => tab.ask('{ me { username } }')))).toEqual([alice, alice, alice])
    expect(sent.filter((query) => query.includes('refresh')).length).toBeLessThan(tabs.length + 1)
    await first.ask('mutation { logout { sessionId } }')
    await expect(first.ask('{ me { username } }')).rejects.toMatchObject({ isSignedOut: true })
  })

  const openTab = async (): Promise<Tab> => {
    const source = `${MODULE}// tab ${crypto.randomUUID()}`
    return (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(source)}`)) as Tab
  }

  /** What pages have and Node has not: cookies, an origin, storage. */
  function stubBrowser(): void {
    const stored = new Map<string, string>()
    const storage = { getItem: (key: string) => stored.get(key) ?? null, setItem: stored.set.bind(stored) }
    vi.stubGlobal('localStorage', storage)
    vi.stubGlobal('BroadcastChannel', openChannel)
    const send = fetch
    vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
      sent.push(JSON.parse(String(init.body)).query)
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await send(`${app.url}/graphql`, {
        ...init,
        headers: { ...init.headers, origin: app.url, cookie },
      })
      for (const line of response.headers.getSetCookie()) keepCookie(line)
      return response
    })
  }

  const RealChannel = BroadcastChannel
  function openChannel(name: string): InstanceType<typeof BroadcastChannel> {
    const channel = new RealChannel(name)
    channels.push(channel)
    return channel
  }

  function keepCookie(line: string): void {
    const [pair = ''] = line.split(';')
    const [name = '', value = ''] = pair.split('=')
    if (value === '') cookies.delete(name)
    else cookies.set(name, value)
  }
})
