import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock } from '../support/clock.ts'
import { MailServer } from '../support/mail-server.ts'
import { CONFIRM, loginWith, REMOVE, REPLACE_CODES, RESET, reauthenticate, turnOn } from '../support/second-factor.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'

describeEachBackend('mails about the second factor', (backend) => {
  const clock = createTestClock()
  let server: MailServer
  let app: TestApp
  let alice: Person

  beforeAll(async () => {
    server = await MailServer.start()
    app = await createTestApp({ backend, clock: clock.now, env: { MAIL_URL: server.url } })
    alice = await signUp(app, 'alice')
  })
  afterAll(async () => {
    await app.close()
    await server.stop()
  })

  /** Waits until somebody has got these after the mail of the registration, and no others. */
  const expectMails = (to: Person, kinds: string[]) =>
    expect
      .poll(() => server.to(to.email).map(({ kind }) => kind), { timeout: 10_000 })
      .toEqual(['verify-email', ...kinds])

  it('tell when it was turned on, when a recovery code was used, and when it was turned off, with no code in them', async () => {
    const { secret, recoveryCodes, code } = await turnOn(alice, clock)
    clock.advance(60)
    const [first, second] = recoveryCodes
    await alice.client.run(CONFIRM, { code: code() })
    await loginWith(app, alice.username, { code: code() })
    await loginWith(app, alice.username, { code: 'wrong' })
    await expectMails(alice, ['second-factor-added'])
    await loginWith(app, alice.username, { recoveryCode: first })
    await loginWith(app, alice.username, { recoveryCode: first })
    await expectMails(alice, ['second-factor-added', 'recovery-code-used'])
    await reauthenticate(alice, { recoveryCode: second })
    await alice.client.run(REPLACE_CODES)
    await alice.client.run(REMOVE)
    await alice.client.run(REMOVE)
    await expectMails(alice, [
      'second-factor-added',
      'recovery-code-used',
      'recovery-code-used',
      'second-factor-removed',
    ])
    const text = JSON.stringify(server.to(alice.email)).toLowerCase()
    for (const one of [secret, ...recoveryCodes]) expect(text).not.toContain(one.toLowerCase())
  })

  it('tell its owner when an administrator has turned it off', async () => {
    const [chief, bob] = [await signUpAdmin(app), await signUp(app, 'bob')]
    await turnOn(bob, clock)
    await chief.client.get(RESET, { id: bob.id })
    await expectMails(bob, ['second-factor-added', 'second-factor-removed'])
  })
})
