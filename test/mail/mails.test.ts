import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { MailServer } from '../support/mail-server.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { PASSWORD, signUp, signUpAdmin } from '../support/story.ts'
import { refresh } from '../support/tokens.ts'

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const CHANGE_PASSWORD = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { revokedSessions } }'
const UPDATE = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'
const DELETE = 'mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { userId } }'

interface Row {
  id: string
  kind: string
  payload: string
  attempts: number
  outcome: string | null
  last_fault: string | null
}

describeEachBackend('mails', (backend) => {
  let server: MailServer
  let clock: TestClock
  let app: TestApp
  let other: App
  let sql: Sql

  beforeAll(async () => {
    server = await MailServer.start()
    clock = createTestClock()
    const env = { MAIL_URL: server.url, MAIL_FROM: 'Acme <no-reply@acme.example>', METRICS_PORT: '0' }
    app = await createTestApp({ backend, env: { ...env, APP_URL: 'https://app.example/web/' }, clock: clock.now })
    other = await createSecondInstance(app, { clock: clock.now })
    sql = await openSql(app)
  })
  afterEach(() => server.pass())
  afterAll(async () => {
    await other.close()
    await sql.close()
    await app.close()
    await server.stop()
  })

  const rowsOf = (email: string) =>
    sql.all<Row>(`select * from outbox_messages where payload like '%"${email}"%' order by created_at, id`)

  /** Registers an account, and returns its address. */
  const register = async (username: string, headers: Record<string, string> = {}): Promise<string> => {
    const email = `${username}@example.com`
    await new TestClient(app.url).get(REGISTER, { input: { username, email, password: PASSWORD } }, { headers })
    return email
  }

  /** Waits until the only mail to an address has failed a number of times, or for good. */
  const failed = (email: string, attempts: number) =>
    expect.poll(() => rowsOf(email), { timeout: 10_000 }).toMatchObject([{ attempts, last_fault: expect.any(String) }])

  it('confirms the address of whoever registers, with a link to APP_URL whatever the Host', async () => {
    const email = await register('ada', { 'x-forwarded-host': 'evil.example', host: 'evil.example' })
    const mail = await server.next(email)
    expect(mail).toMatchObject({ kind: 'verify-email', recipients: [email], subject: 'Confirm your e-mail address' })
    expect(mail).toMatchObject({ from: '"Acme" <no-reply@acme.example>', to: email })
    expect(mail.link).toMatch(/^https:\/\/app\.example\/web\/verify-email#token=[\w-]+$/)
    expect(mail.token?.length).toBeLessThanOrEqual(256)
    expect(mail.text).toContain('Hello ada,')
    expect(mail.html).toContain(`href="${mail.link}"`)
    const [row] = await rowsOf(email)
    expect(mail.messageId).toBe(`<${row?.id}@acme.example>`)
    const found = await app.services().mailTokens.find(mail.token ?? '', 'verify-email')
    expect(found).toMatchObject({ token: { email, usedAt: null }, user: { username: 'ada', emailVerifiedAt: null } })
  })

  it('stores nothing that its link could be made from', async () => {
    const email = await register('grace')
    const { token } = await server.next(email)
    const stored = JSON.stringify([await rowsOf(email), await sql.all('select * from mail_tokens')])
    expect(stored).toContain(email)
    expect(stored).not.toContain(token)
    expect(stored).not.toContain((token ?? '').slice(-30))
  })

  it('speaks the language of the request that caused it', async () => {
    const german = await server.next(await register('lise', { 'accept-language': 'de-AT,de;q=0.9,en;q=0.5' }))
    expect(german.subject).toBe('Bestätigen Sie Ihre E-Mail-Adresse')
    expect(german.text).toContain('Guten Tag lise,')
    const french = await server.next(await register('marie', { 'accept-language': 'fr, x;;q=a, *;q=0.1' }))
    expect(french.text).toContain('Hello marie,')
  })

  it('is told of a changed password and of a reused refresh token, without a link', async () => {
    const alice = await signUp(app, 'alice')
    await refresh(app, alice.refreshToken)
    await refresh(app, alice.refreshToken)
    clock.advance(60)
    await refresh(app, alice.refreshToken)
    expect(await server.next(alice.email, 'refresh-token-reused')).toMatchObject({ link: null })
    const bob = await signUp(app, 'bob')
    const input = { currentPassword: PASSWORD, newPassword: 'another horse battery staple' }
    await bob.client.get(CHANGE_PASSWORD, { input })
    const mail = await server.next(bob.email, 'password-changed')
    expect(mail).toMatchObject({ link: null, token: null, subject: 'Your password was changed' })
  })

  it('goes with its transaction: a registration that fails sends none', async () => {
    const email = await register('taken')
    await server.next(email)
    const answer = await new TestClient(app.url).run(REGISTER, {
      input: { username: 'taken', email, password: PASSWORD },
    })
    expect(answer.codes).toEqual(['CONFLICT'])
    await server.next(await register('after'))
    expect(await rowsOf(email)).toHaveLength(1)
    expect(server.to(email)).toHaveLength(1)
  })

  it('is sent once by two instances', async () => {
    const names = Array.from({ length: 24 }, (_, index) => `crowd${index}`)
    const urls = [app.url, other.url]
    await Promise.all(
      names.map((username, index) => {
        const input = { username, email: `${username}@example.com`, password: PASSWORD }
        return new TestClient(urls[index % 2] ?? '').get(REGISTER, { input })
      }),
    )
    for (const name of names) await server.next(`${name}@example.com`)
    expect(server.mails.filter(({ to }) => to.startsWith('crowd'))).toHaveLength(names.length)
  })

  it('waits for a server that is down, and holds up neither requests nor newer mails', async () => {
    await server.stop()
    const early = await register('early')
    await failed(early, 1)
    await server.restart()
    await server.next(await register('later'))
    expect(server.to(early)).toEqual([])
    clock.advance(30)
    await server.next(early)
    await expect.poll(() => rowsOf(early)).toMatchObject([{ attempts: 2, outcome: 'sent' }])
  })

  it('is tried again after a refusal for now, and no more after one for good', async () => {
    server.failAt('rcpt', 450)
    const now = await register('fornow')
    await failed(now, 1)
    server.failAt('rcpt', 550)
    const good = await register('forgood')
    await expect.poll(() => rowsOf(good), { timeout: 10_000 }).toMatchObject([{ outcome: 'failed', attempts: 1 }])
    expect(await rowsOf(good)).toMatchObject([{ last_fault: 'RCPT TO 550' }])
    server.pass()
    clock.advance(30)
    await server.next(now)
    expect(server.to(good)).toEqual([])
  })

  it('is given up after 24 hours', async () => {
    server.failAt('data', 451)
    const email = await register('patient')
    await failed(email, 1)
    clock.advance(86_390)
    await expect.poll(() => rowsOf(email), { timeout: 10_000 }).toMatchObject([{ attempts: 2, outcome: 'failed' }])
  })

  it('of an instance that died is sent by another once its lease of 60 s has ended', async () => {
    server.failAt('mail', 451)
    const email = await register('orphan')
    await failed(email, 1)
    const leaseEndsAt = clock.now().getTime() + 60_000
    const dueAt = backend === 'sqlite' ? leaseEndsAt : new Date(leaseEndsAt).toISOString().replace(/[TZ]/g, ' ').trim()
    await sql.run('update outbox_messages set attempts = 2, due_at = ? where id = ?', [
      dueAt,
      (await rowsOf(email))[0]?.id ?? '',
    ])
    server.pass()
    clock.advance(55)
    await server.next(await register('meanwhile'))
    expect(server.to(email)).toEqual([])
    clock.advance(6)
    await server.next(email)
  })

  it('is not sent to an account that was disabled, nor to one that is gone', async () => {
    const chief = await signUpAdmin(app)
    server.failAt('mail', 451)
    const [disabled, gone] = [await register('disabled'), await register('gone')]
    const idOf = async (name: string) =>
      (await sql.all<{ id: string }>('select id from users where username = ?', [name]))[0]?.id
    await failed(disabled, 1)
    await failed(gone, 1)
    await chief.client.get(UPDATE, { input: { userId: await idOf('disabled'), isActive: false } })
    await chief.client.get(DELETE, { input: { userId: await idOf('gone') } })
    expect(await rowsOf(gone)).toEqual([])
    expect(await sql.all('select id from mail_tokens where email = ?', [gone])).toEqual([])
    server.pass()
    clock.advance(30)
    await expect.poll(() => rowsOf(disabled), { timeout: 10_000 }).toMatchObject([{ outcome: 'dropped' }])
    expect([...server.to(disabled), ...server.to(gone)]).toEqual([])
  })

  it('is counted while it waits, once it is sent, and where it is given up', async () => {
    server.failAt('data', 451)
    const email = await register('counted')
    await failed(email, 1)
    clock.advance(10)
    const metrics = async () => (await fetch(`${app.metricsUrl}/metrics`)).text()
    const text = await metrics()
    expect(text).toContain('gatehouse_mails_waiting 1\n')
    expect(text).toContain('gatehouse_mail_oldest_seconds 10\n')
    const both = text + (await (await fetch(`${other.metricsUrl}/metrics`)).text())
    expect(both).toMatch(/gatehouse_mails_total\{kind="verify-email",outcome="sent"\} \d+\n/)
    expect(both).toContain('gatehouse_mails_total{kind="verify-email",outcome="failed"} ')
    expect(text).not.toContain(email)
    server.pass()
    clock.advance(30)
    await server.next(email)
    await expect.poll(metrics).toContain('gatehouse_mail_oldest_seconds 0\n')
  })

  it('holds up no request and no stop where its server is silent', async () => {
    server.failAt('greeting', 'silence')
    const waiting = await register('waiting')
    await expect.poll(() => rowsOf(waiting)).toMatchObject([{ attempts: 1, outcome: null }])
    const begin = performance.now()
    await register('unhindered')
    expect(performance.now() - begin).toBeLessThan(5_000)
    const third = await createSecondInstance(app, { clock: clock.now })
    await third.close()
    expect(performance.now() - begin).toBeLessThan(15_000)
  })
})
