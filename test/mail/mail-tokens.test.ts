import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import { deriveSecrets } from '../../src/auth/secrets.ts'
import { readConfig } from '../../src/config.ts'
import type { TokenPurpose } from '../../src/mail/mail-kinds.ts'
import type { MailToken } from '../../src/mail/mail-token.entity.ts'
import type { MailTokenService } from '../../src/mail/mail-token.service.ts'
import { MailTokens } from '../../src/mail/mail-token.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'

const PURPOSES: TokenPurpose[] = [
  'verify-email',
  'confirm-email-change',
  'email-changed',
  'reset-password',
  'set-password',
]

describe('a token of a mail', () => {
  const codec = new MailTokens(deriveSecrets({ key: 'the present key', previousKey: 'the key before' }).mailToken)
  const before = new MailTokens(deriveSecrets({ key: 'the key before', previousKey: undefined }).mailToken)
  const record = { id: randomUUID(), purpose: 'reset-password' as const, email: 'a@b.example' }

  const isOf = (token: string, other: object = {}) => {
    const read = codec.read(token)
    return read !== null && codec.isOf(read, { ...record, ...other })
  }

  it('belongs to one record, for its purpose and address', () => {
    const token = codec.issue(record)
    expect(token).toMatch(/^ghm_[\w-]{64}$/)
    expect(isOf(token)).toBe(true)
    expect(isOf(token, { purpose: 'set-password' })).toBe(false)
    expect(isOf(token, { email: 'a@c.example' })).toBe(false)
    expect(isOf(token, { id: randomUUID() })).toBe(false)
  })

  it('serves while SECRET_KEY is changed, and not with a foreign key', () => {
    expect(isOf(before.issue(record))).toBe(true)
    const foreign = new MailTokens(deriveSecrets({ key: 'foreign', previousKey: undefined }).mailToken)
    expect(isOf(foreign.issue(record))).toBe(false)
  })

  it('has one spelling, and what is none of ours is refused without a fault', () => {
    const token = codec.issue(record)
    const bits = Buffer.alloc(48, 0xff).toString('base64url')
    for (const other of [
      '',
      token.slice(0, -1),
      `${token}=`,
      ` ${token}`,
      token.replace('ghm_', 'ghr_'),
      'x'.repeat(9999),
    ])
      expect(isOf(other), other).toBe(false)
    expect(codec.read(`ghm_${bits}`)?.id).toBe('ffffffff-ffff-ffff-ffff-ffffffffffff')
    expect(isOf(`ghm_${bits}`)).toBe(false)
  })
})

describeEachBackend('tokens of mails', (backend) => {
  let app: TestApp
  let clock: TestClock
  let sql: Sql
  let codec: MailTokens
  let chief: Person

  beforeAll(async () => {
    clock = createTestClock()
    app = await createTestApp({
      backend,
      clock: clock.now,
      env: { ACCESS_TOKEN_TTL: '9999999', REFRESH_TOKEN_TTL: '9999999' },
    })
    codec = new MailTokens(deriveSecrets(readConfig(app.env).secret).mailToken)
    sql = await openSql(app)
    chief = await signUpAdmin(app)
  })
  afterAll(async () => {
    await sql.close()
    await app.close()
  })

  /** As in a request: each has an entity manager of its own. */
  const tokens = (): MailTokenService => app.services().mailTokens
  const issue = async (purpose: TokenPurpose, { id, email }: Pick<Person, 'id' | 'email'>, to = email) =>
    tokens().issue(purpose, id, to)
  const find = (token: MailToken, ...purposes: TokenPurpose[]) =>
    tokens().find(codec.issue(token), ...(purposes.length > 0 ? purposes : [token.purpose]))
  const found = async (...all: MailToken[]) => Promise.all(all.map(async (token) => (await find(token)) !== null))

  it.each(PURPOSES)('serve for their purpose, %s, and no other', async (purpose) => {
    const alice = await signUp(app)
    await sql.run('update users set pending_email = email where id = ?', [alice.id])
    const token = await issue(purpose, alice)
    expect(await find(token)).toMatchObject({ token: { id: token.id }, user: { id: alice.id } })
    expect(await find(token, ...PURPOSES.filter((other) => other !== purpose))).toBeNull()
  })

  it.each<[TokenPurpose, number]>([
    ['verify-email', 24 * 60],
    ['confirm-email-change', 24 * 60],
    ['email-changed', 7 * 24 * 60],
    ['reset-password', 30],
    ['set-password', 7 * 24 * 60],
  ])('of %s serve for %i minutes', async (purpose, minutes) => {
    const alice = await signUp(app)
    await sql.run('update users set pending_email = email where id = ?', [alice.id])
    const token = await issue(purpose, alice)
    clock.advance(minutes * 60 - 1)
    expect(await found(token)).toEqual([true])
    clock.advance(1)
    expect(await found(token)).toEqual([false])
    expect(await tokens().use(token)).toBe(false)
  })

  it.each<TokenPurpose>(['reset-password', 'set-password', 'confirm-email-change'])(
    'of %s are replaced by a newer one, of the same account alone',
    async (purpose) => {
      const [alice, bob] = [await signUp(app), await signUp(app)]
      await sql.run('update users set pending_email = email where id in (?, ?)', [alice.id, bob.id])
      const first = await issue(purpose, alice)
      const others = await issue(purpose, bob)
      const second = await issue(purpose, alice)
      expect(await found(first, second, others)).toEqual([false, true, true])
      expect(await tokens().use(first)).toBe(false)
    },
  )

  it('leave one that serves, of many that were asked for at once', async () => {
    const alice = await signUp(app)
    const all = await Promise.all(Array.from({ length: 4 }, () => issue('reset-password', alice)))
    expect((await found(...all)).filter(Boolean)).toHaveLength(1)
  })

  it('of verify-email serve side by side, as long as the address is the one of the account, in any case', async () => {
    const alice = await signUp(app)
    const [first, second] = [
      await issue('verify-email', alice),
      await issue('verify-email', alice, alice.email.toUpperCase()),
    ]
    expect(await found(first, second)).toEqual([true, true])
    expect(await found(await issue('verify-email', alice, 'other@example.com'))).toEqual([false])
    expect(await tokens().use(first)).toBe(true)
    expect(await find(first)).toMatchObject({ token: { usedAt: clock.now() } })
  })

  it('of confirm-email-change serve for what is pending, and once used for what became the address', async () => {
    const alice = await signUp(app)
    const token = await issue('confirm-email-change', alice, 'new@example.com')
    expect(await found(token)).toEqual([false])
    await sql.run('update users set pending_email = ? where id = ?', ['New@example.com', alice.id])
    expect(await found(token)).toEqual([true])
    await tokens().use(token)
    expect(await found(token)).toEqual([false])
    await sql.run('update users set pending_email = null, email = ? where id = ?', ['New@example.com', alice.id])
    expect(await find(token)).toMatchObject({ token: { usedAt: clock.now() } })
  })

  it('of email-changed are never replaced; one ends the younger ones, whatever the clocks say', async () => {
    const alice = await signUp(app)
    const oldest = await issue('email-changed', alice, 'first@example.com')
    clock.advance(60)
    const middle = await issue('email-changed', alice, 'second@example.com')
    clock.advance(-120)
    const youngest = await issue('email-changed', alice, 'third@example.com')
    clock.advance(60)
    expect(await found(oldest, middle, youngest)).toEqual([true, true, true])
    await tokens().endYounger(middle)
    expect(await found(oldest, middle, youngest)).toEqual([true, true, false])
  })

  it('work once, of two at once for one of them', async () => {
    const alice = await signUp(app)
    const token = await issue('reset-password', alice)
    const used = await Promise.all([tokens().use(token), tokens().use(token), tokens().use(token)])
    expect(used.filter(Boolean)).toHaveLength(1)
    expect(await found(token)).toEqual([false])
  })

  it('are ended by purpose, and go with their account', async () => {
    const alice = await signUp(app)
    const all = [
      await issue('reset-password', alice),
      await issue('set-password', alice),
      await issue('verify-email', alice),
    ]
    await tokens().end(alice.id, 'reset-password', 'set-password')
    expect(await found(...all)).toEqual([false, false, true])
    await chief.client.get('mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }', { id: alice.id })
    expect(await found(...all)).toEqual([false, false, false])
    expect(await sql.all('select id from mail_tokens where user_id = ?', [alice.id])).toEqual([])
  })

  it('do not serve a disabled account, and serve again once it is enabled', async () => {
    const alice = await signUp(app)
    const token = await issue('reset-password', alice)
    const set = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'
    await chief.client.get(set, { input: { userId: alice.id, isActive: false } })
    expect(await found(token)).toEqual([false])
    await chief.client.get(set, { input: { userId: alice.id, isActive: true } })
    expect(await found(token)).toEqual([true])
  })

  it('of the key before are found by a service with SECRET_KEY_PREVIOUS', async () => {
    const alice = await signUp(app)
    const token = codec.issue(await issue('verify-email', alice))
    const env = { ...app.env, SECRET_KEY: randomUUID() }
    const changed = await createApp(readConfig({ ...env, SECRET_KEY_PREVIOUS: app.env.SECRET_KEY }), {
      overrides: { clock: clock.now },
    })
    expect(await changed.services().mailTokens.find(token, 'verify-email')).not.toBeNull()
    await changed.close()
  })
})
