import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { createTestClock } from '../support/clock.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { PASSWORD, type Person, signUp } from '../support/story.ts'
import { login } from '../support/tokens.ts'

const WRONG = 'wrong password 1'
const LIMITED = 'RATE_LIMITED'

let addresses = 0

function freshAddress(): string {
  addresses += 1
  return `198.18.${addresses >> 8}.${addresses & 255}`
}

/** The headers from a proxy, which appends the address that it sees to the one that the client claims. */
const through = (seen: string, said: Record<string, string> = {}) => ({
  headers: { ...said, 'x-forwarded-for': said['x-forwarded-for'] ? `${said['x-forwarded-for']}, ${seen}` : seen },
})

/** The headers in which proxies forward an address, with a new address for each index. */
const lies = (index: number): Record<string, string> =>
  Object.fromEntries(
    [
      'x-forwarded-for',
      'x-real-ip',
      'x-client-ip',
      'x-originating-ip',
      'x-remote-addr',
      'true-client-ip',
      'cf-connecting-ip',
      'fastly-client-ip',
      'x-cluster-client-ip',
    ].map((name) => [name, `203.0.113.${index}`] as const),
  )

describeEachBackend('the limits of signing in', (backend) => {
  let app: TestApp
  let redis: TestRedis | undefined
  let victim: Person
  const clock = createTestClock()

  beforeAll(async () => {
    redis = backend === 'mysql' ? await startRedis() : undefined
    const env = { RATE_LIMIT_FACTOR: '1', TRUSTED_PROXIES: '127.0.0.1', ...(redis && { REDIS_URL: redis.url }) }
    app = await createTestApp({ backend, env, clock: clock.now })
  })
  beforeEach(async () => {
    victim = await signUp(app, 'victim')
  })
  afterAll(async () => {
    await app.close()
    await redis?.stop()
  })

  const guess = async (client: object, identifier = victim.username, password = WRONG) =>
    (await login(app, identifier, password, client)).codes[0] ?? 'ok'

  async function guesses(count: number, clientOf: (index: number) => object, identifierOf?: (index: number) => string) {
    const codes: string[] = []
    for (let index = 0; index < count; index++) codes.push(await guess(clientOf(index), identifierOf?.(index)))
    return codes
  }

  const SPENT = [...Array(10).fill('INVALID_CREDENTIALS'), LIMITED, LIMITED]

  it('are not dodged by what a client says of its address, in any header (ASVS 6.3.1)', async () => {
    const seen = freshAddress()
    expect(await guesses(12, (index) => through(seen, lies(index)))).toEqual(SPENT)
    const forwarded = freshAddress()
    const said = (index: number) => ({ forwarded: `for=203.0.113.${index};proto=https`, via: `1.1 proxy${index}` })
    expect(await guesses(12, (index) => through(forwarded, said(index)))).toEqual(SPENT)
  })

  it('are not dodged by other addresses of the same IPv6 network, or other spellings of one address', async () => {
    const network = `2001:db8:${backend === 'mysql' ? 1 : 2}`
    const hosts = (index: number) => `${network}:7:${index.toString(16)}:${index}:0:${index + 1}`
    expect(await guesses(12, (index) => through(hosts(index)))).toEqual(SPENT)
    const one = [`${network}:8::1`, `${network}:8:0:0:0:1`, `${network}:0008::0001`, `${network.toUpperCase()}:8::1`]
    expect(await guesses(12, (index) => through(one[index % one.length] ?? ''))).toEqual(SPENT)
    const seen = freshAddress()
    const mapped = [seen, `::ffff:${seen}`, `::FFFF:${seen}`, `0:0:0:0:0:ffff:${seen}`]
    expect(await guesses(12, (index) => through(mapped[index % mapped.length] ?? ''))).toEqual(SPENT)
    expect(await guess(through(`${network}:9::1`))).toBe('INVALID_CREDENTIALS')
  })

  it('are not dodged by white space and case around the identifier, that databases or people overlook', async () => {
    const seen = freshAddress()
    const { username } = victim
    const spaces = ['', ' ', '\t', '\n', '\u00a0', '\u2003', '\u2028', '\u3000', '\ufeff', '\v', '\f', '   ']
    const spelled = (index: number) =>
      `${spaces[index]}${index % 2 ? username.toUpperCase() : username}${spaces[11 - index]}`
    expect(await guesses(12, () => through(seen), spelled)).toEqual(SPENT)
  })

  it('are not spent for a victim by who claims to have the victim’s address', async () => {
    const home = freshAddress()
    const attacker = freshAddress()
    const claims = { ...lies(1), 'x-forwarded-for': home, 'x-real-ip': home, forwarded: `for=${home}` }
    expect(await guesses(12, () => through(attacker, claims))).toEqual(SPENT)
    for (let round = 0; round < 100; round += 10)
      await Promise.all(Array.from({ length: 10 }, (_, i) => guess(through(attacker, claims), `nobody${round + i}`)))
    expect(await guess(through(attacker), `nobody-else`)).toBe(LIMITED)
    expect(await guess(through(home), victim.username, PASSWORD)).toBe('ok')
  })

  it('let the victim of a long attack from many addresses sign in from any other one, while it goes on (ASVS 6.3.1)', async () => {
    const attack = async () => {
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => guesses(10, () => through(freshAddress()))))
      return outcomes.flat()
    }
    expect(new Set(await attack())).toEqual(new Set(['INVALID_CREDENTIALS']))
    // After 100 failures each address has one try.
    const attacker = through(freshAddress())
    expect([await guess(attacker), await guess(attacker)]).toEqual(['INVALID_CREDENTIALS', LIMITED])
    for (const identifier of [victim.username, victim.email, ` ${victim.username.toUpperCase()} `]) {
      const attacks = attack()
      expect(await guess(through(freshAddress()), identifier, PASSWORD)).toBe('ok')
      expect(await attacks).not.toContain('ok')
    }
  })

  it('of changes by a user are not spent by who is not that user', async () => {
    const { accessToken } = victim
    const [head = '', claims = '', signature = ''] = accessToken.split('.')
    const forged = `${head}.${claims}.${signature.split('').reverse().join('')}`
    const document = (password: string) =>
      `mutation { changePassword(input: { currentPassword: "${password}", newPassword: "${PASSWORD} 2" }) { revokedSessions } }`
    const codes: (string | undefined)[] = []
    const attacker = freshAddress()
    while (codes.length < 12)
      codes.push(
        (await new TestClient(app.url, through(attacker)).run(document(WRONG), {}, { token: forged })).codes[0],
      )
    expect(codes).toEqual([...Array(10).fill('UNAUTHENTICATED'), LIMITED, LIMITED])
    const own = new TestClient(app.url, { ...through(freshAddress()), token: accessToken })
    expect((await own.run(document(WRONG))).codes).toEqual(['INVALID_CREDENTIALS'])
    expect((await own.run(document(PASSWORD))).codes).toEqual([])
  })
})
