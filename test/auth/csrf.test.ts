import { Writable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { Browser } from '../support/browser.ts'
import type { Answer } from '../support/client.ts'
import { createTestClock, followClock } from '../support/clock.ts'
import { type Person, signUp } from '../support/story.ts'
import { REFRESH } from '../support/tokens.ts'

const FRONT = 'https://front.example.com'

describe('the text of CSRF_FAILED', () => {
  let app: TestApp
  let person: Person
  let lines: string[] = []
  const clock = createTestClock()

  beforeAll(async () => {
    const logDestination = new Writable({
      write(line, _encoding, done) {
        lines.push(String(line))
        done()
      },
    })
    const env = { CORS_ORIGINS: FRONT, LOG_LEVEL: 'warn', TRUSTED_PROXIES: '10.0.0.0/8' }
    app = await createTestApp({ backend: 'sqlite', env, logDestination })
    person = await signUp(app)
    followClock(clock.now)
  })
  beforeEach(() => {
    clock.advance(61)
    lines = []
  })
  afterAll(async () => {
    vi.restoreAllMocks()
    await app.close()
  })

  const logged = () => lines.map((line) => JSON.parse(line)).filter(({ code }) => code === 'CSRF_FAILED')

  function textOf({ errors, codes }: Answer<unknown>): string {
    expect(codes).toEqual(['CSRF_FAILED'])
    return errors[0]?.message ?? ''
  }

  const refusedFrom = async (headers: Record<string, string>) =>
    textOf(await new Browser(app).login(person.username, { headers }))

  it('says that no Origin came', async () => {
    expect(await refusedFrom({ origin: '' })).toMatch(/^Neither an Origin nor "Sec-Fetch-Site: same-origin" came/)
  })

  it('names the Origin that came, the allowed ones, and the setting for proxies', async () => {
    const text = await refusedFrom({ origin: 'https://evil.example', 'x-forwarded-proto': 'https' })
    expect(text).toBe(
      `The Origin https://evil.example is not allowed. Allowed are the scheme and host that the request arrived with, ${app.url}, and CORS_ORIGINS, ${FRONT}. Where a proxy changes scheme or host, name it in TRUSTED_PROXIES.`,
    )
  })

  it('repeats an Origin cut, and its own characters alone', async () => {
    const text = await refusedFrom({ origin: `https://<b>"\\\u00e9${'x'.repeat(5_000)}` })
    expect(text).toMatch(/^The Origin https:\/\/\?b\?{2,4}x{80,}… is not allowed/)
    expect(text.length).toBeLessThan(500)
  })

  it('says whether x-csrf-token is missing or wrong, and repeats no token', async () => {
    const browser = new Browser(app)
    const { data } = await browser.login(person.username)
    expect(textOf(await browser.refresh(null))).toMatch(/^The header x-csrf-token is missing\. It is the csrfToken/)
    const text = textOf(await browser.refresh('guessed-by-somebody'))
    expect(text).toMatch(/^The header x-csrf-token is not the one of this session\./)
    expect(text).not.toMatch(/guessed/)
    expect(text).not.toContain(data?.login?.csrfToken)
  })

  it('stands in the log at warn, once a minute', async () => {
    const text = await refusedFrom({ origin: 'https://evil.example' })
    await refusedFrom({ origin: '' })
    clock.advance(59)
    await refusedFrom({ origin: '' })
    expect(logged()).toEqual([expect.objectContaining({ level: 40, msg: text, requestId: expect.any(String) })])
    clock.advance(2)
    const next = await refusedFrom({ origin: '' })
    expect(logged().map(({ msg }) => msg)).toEqual([text, next])
  })

  it('is not that of a refresh with neither token nor cookie, or with both, which say so', async () => {
    const neither = await new Browser(app).run(REFRESH, {})
    expect([neither.codes, neither.errors[0]?.message]).toEqual([
      ['REFRESH_TOKEN_INVALID'],
      expect.stringMatching(/^Neither a refresh token nor a refresh cookie came\./),
    ])
    const browser = new Browser(app)
    await browser.login(person.username)
    const both = await browser.run(REFRESH, { input: { refreshToken: person.refreshToken } })
    expect(both.errors[0]?.message).toMatch(/^A refresh token and a refresh cookie came together\./)
    expect(browser.received).toEqual([])
  })
})
