import { randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openOperator } from '../../src/operations/operator.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock } from '../support/clock.ts'
import { CONFIRM, loginWith, RESET, reauthenticate, startTotp, turnOn, wrongCode } from '../support/second-factor.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'

const TABLES = ['users', 'sessions', 'second_factors', 'recovery_codes', 'factor_keys', 'activities', 'signing_keys']

describeEachBackend('what is stored of second factors', (backend) => {
  const clock = createTestClock()
  const logged: string[] = []
  let app: TestApp
  let sql: Sql
  let alice: Person

  beforeAll(async () => {
    const logDestination = new Writable({
      write(line, _encoding, done) {
        logged.push(String(line))
        done()
      },
    })
    app = await createTestApp({ backend, clock: clock.now, logDestination, env: { LOG_LEVEL: 'trace' } })
    sql = await openSql(app)
    alice = await signUp(app)
  })
  afterAll(async () => {
    await sql.close()
    await app.close()
  })

  const everything = async () => {
    const tables = await Promise.all(TABLES.map((table) => sql.all(`select * from ${table}`)))
    return JSON.stringify(tables).toLowerCase()
  }
  const start = (env: Record<string, string>) =>
    createSecondInstance({ ...app, env: { ...app.env, LOG_LEVEL: 'silent', ...env } }, { clock: clock.now })

  it('works neither as a code nor as a secret, in the database and in the log (ASVS 6.5.2)', async () => {
    const pending = await startTotp(alice)
    const { secret, recoveryCodes, code } = await turnOn(alice, clock)
    clock.advance(60)
    const [used = '', spare = ''] = recoveryCodes
    const given = [code(), wrongCode(secret, clock.now()), `1${spare}`]
    await loginWith(app, alice.username, { code: given[0] })
    await loginWith(app, alice.username, { code: given[1] })
    await loginWith(app, alice.username, { recoveryCode: used })
    await reauthenticate(alice, { recoveryCode: given[2] })
    await loginWith(app, alice.username, { code: given[0], recoveryCode: used })
    await alice.client.run(CONFIRM, { code: given[0] })
    await alice.client.run(`mutation { confirmTotp(input: { code: "${given[0]}" }) { nothing } }`)

    const bytes = [
      ...[secret, pending.secret].map(fromBase32),
      ...recoveryCodes.map((one) => fromBase32(one.toUpperCase())),
    ]
    const forms = [
      ...bytes.flatMap((form) => (['hex', 'base64', 'base64url'] as const).map((encoding) => form.toString(encoding))),
      ...[
        secret,
        pending.secret,
        ...recoveryCodes,
        ...recoveryCodes.map((one) => one.replaceAll('-', '')),
        ...given.slice(2),
      ],
    ].map((form) => form.toLowerCase())
    const stored = await everything()
    const log = logged.join('').toLowerCase()
    for (const form of forms) {
      expect(stored).not.toContain(form)
      expect(log).not.toContain(form)
    }
    for (const form of given.slice(0, 2)) expect(log).not.toMatch(new RegExp(`(?<![0-9a-f.])${form}(?![0-9a-f])`))
  })

  it('is bound to its account: a row copied to another account takes no code', async () => {
    const [bob, carol] = [await signUp(app, 'bob'), await signUp(app, 'carol')]
    const ofBob = await turnOn(bob, clock)
    await turnOn(carol, clock)
    await sql.run(
      `update second_factors set last_step = null, sealed_secret = (select sealed from
         (select sealed_secret as sealed from second_factors where user_id = ?) as bob) where user_id = ?`,
      [bob.id, carol.id],
    )
    await sql.run('delete from recovery_codes where user_id = ?', [carol.id])
    await sql.run('update recovery_codes set user_id = ? where user_id = ?', [carol.id, bob.id])
    clock.advance(60)
    expect((await loginWith(app, carol.username, { code: ofBob.code() })).codes).toEqual(['SECOND_FACTOR_INVALID'])
    const [recoveryCode] = ofBob.recoveryCodes
    expect((await loginWith(app, carol.username, { recoveryCode })).codes).toEqual(['SECOND_FACTOR_INVALID'])
    expect((await loginWith(app, bob.username, { code: ofBob.code() })).codes).toEqual([])
    expect(logged.join('')).toContain('The secret of a second factor cannot be read')
  })

  it('serves through a change of SECRET_KEY in steps, and every instance meanwhile', async () => {
    const dave = await signUp(app, 'dave')
    const factor = await turnOn(dave, clock)
    let spare = 0
    const expectServed = async (at: App) => {
      clock.advance(30)
      expect((await loginWith(at, dave.username, { code: factor.code() })).codes).toEqual([])
      const recoveryCode = factor.recoveryCodes[spare++]
      expect((await loginWith(at, dave.username, { recoveryCode })).codes).toEqual([])
    }
    const old = app.env.SECRET_KEY ?? ''
    const next = randomBytes(32).toString('base64url')
    const second = { SECRET_KEY: next, SECRET_KEY_PREVIOUS: old }
    for (const step of [{ SECRET_KEY: old, SECRET_KEY_PREVIOUS: next }, second, { SECRET_KEY: next }]) {
      const instance = await start(step)
      await expectServed(instance)
      await expectServed(app)
      await instance.close()
    }
    await expect(start({ SECRET_KEY: old })).rejects.toThrow('SECRET_KEY')
    await (await start({ SECRET_KEY: old, SECRET_KEY_PREVIOUS: next })).close()
  })

  it('is one key, however many instances start first at once', async () => {
    await sql.run('delete from factor_keys')
    const instances = await Promise.all([start({}), start({})])
    expect(await sql.all('select name from factor_keys')).toHaveLength(1)
    const eve = await signUp(instances[0] as App, 'eve')
    const { recoveryCodes } = await turnOn(eve, clock)
    for (const [index, at] of instances.entries()) {
      expect((await loginWith(at, eve.username, { recoveryCode: recoveryCodes[index] })).codes).toEqual([])
    }
    for (const instance of instances) await instance.close()
  })

  it('is lost with SECRET_KEY: after keys:reset the factor stays on until an administrator resets it', async () => {
    const instance = await start({})
    const frank = await signUp(instance, 'frank')
    const { code, recoveryCodes } = await turnOn(frank, clock)
    const chief = await signUpAdmin(instance)
    await instance.close()
    const env = { SECRET_KEY: randomBytes(32).toString('base64url') }
    const operator = await openOperator(readConfig({ ...app.env, ...env }))
    await operator.resetKeys()
    await operator.close()
    const anew = await start(env)
    clock.advance(60)
    expect((await loginWith(anew, frank.username, null)).codes).toEqual(['SECOND_FACTOR_REQUIRED'])
    for (const given of [{ code: code() }, { recoveryCode: recoveryCodes[0] }])
      expect((await loginWith(anew, frank.username, given)).codes).toEqual(['SECOND_FACTOR_INVALID'])
    const { client } = await signIn(anew, chief.username)
    expect((await client.run(RESET, { id: frank.id })).codes).toEqual([])
    expect((await loginWith(anew, frank.username, null)).codes).toEqual([])
    await anew.close()
  })
})

function fromBase32(text: string): Buffer {
  const bits = [...text.replaceAll('-', '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter))
  const joined = bits.map((value) => value.toString(2).padStart(5, '0')).join('')
  return Buffer.from((joined.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
