import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { openOperator } from '../../src/operations/operator.ts'
import { askForKey, deedsOf, keysOf, makeKey, revokeKey } from '../support/api-keys.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock } from '../support/clock.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { codesOf, faultsOf } from '../support/tokens.ts'

const DAY = 86_400
const LONG = String(200 * DAY)

describeEachBackend('keys for programs', (backend) => {
  const clock = createTestClock()
  let app: TestApp
  let sql: Sql
  let chief: Person

  beforeAll(async () => {
    const env = { ACCESS_TOKEN_TTL: LONG, REFRESH_TOKEN_TTL: LONG, SESSION_TTL: LONG }
    app = await createTestApp({ backend, env, clock: clock.now })
    sql = await openSql(app)
    chief = await signUpAdmin(app)
  })
  afterAll(async () => {
    await sql.close()
    await app.close()
  })

  const inSeconds = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000).toISOString()
  const countOf = async () => Number((await sql.all<{ n: number }>('select count(*) as n from api_keys'))[0]?.n)

  it('are made with a secret that is shown once, and listed newest first', async () => {
    const alice = await signUp(app)
    const first = await makeKey(app, alice, ['ACTIVITY_READ_OWN', 'PROFILE_READ', 'ACTIVITY_READ_OWN'], {
      name: '  Nightly backup ',
      expiresAt: inSeconds(3600),
    })
    clock.advance(1)
    const second = await makeKey(app, alice, ['PROFILE_READ'])
    expect(first).toMatchObject({
      name: 'Nightly backup',
      hint: first.secret.slice(-4),
      permissions: ['PROFILE_READ', 'ACTIVITY_READ_OWN'],
      createdAt: inSeconds(-1),
      expiresAt: inSeconds(3599),
      lastUsedAt: null,
    })
    expect(second.expiresAt).toBe(inSeconds(90 * DAY))
    expect((await keysOf(alice)).map(({ id }) => id)).toEqual([second.id, first.id])
    expect(JSON.stringify(await keysOf(alice))).not.toContain(first.secret.slice(10, -6))
    for (const { secret } of [first, second]) expect(await codesOf(app, secret)).toEqual([])
    const made = (await deedsOf(chief, alice.id)).filter(({ action }) => action === 'API_KEY_CREATED')
    const entry = { action: 'API_KEY_CREATED', userId: alice.id, actorId: alice.id, apiKeyId: null }
    expect(made).toEqual([first, second].map(({ id }) => ({ ...entry, details: id })))
  })

  it('are seen by their owner and by who may read users', async () => {
    const [alice, bob] = [await signUp(app), await signUp(app)]
    const { id } = await makeKey(app, alice, ['PROFILE_READ'])
    const query = 'query ($id: ID!) { user(id: $id) { apiKeys { id } } }'
    expect(await chief.client.get(query, { id: alice.id })).toEqual({ user: { apiKeys: [{ id }] } })
    expect((await bob.client.run(query, { id: alice.id })).codes).toEqual(['FORBIDDEN'])
    expect(await keysOf(bob)).toEqual([])
  })

  it('need a session that is fresh (ASVS 7.5.1)', async () => {
    const alice = await signUp(app)
    const key = await makeKey(app, alice, ['PROFILE_READ'])
    clock.advance(600)
    expect((await askForKey(alice, { permissions: [] })).codes).toEqual(['REAUTHENTICATION_REQUIRED'])
    expect((await askForKey(key, {})).codes).toEqual(['FORBIDDEN'])
    expect((await askForKey(await signIn(app, alice.username), {})).codes).toEqual([])
    // Ending one needs none.
    expect(await revokeKey(alice, key.id)).toEqual([])
  })

  it('name at least one permission, and nothing that their owner may not do (ASVS 8.3.1)', async () => {
    const alice = await signUp(app)
    const empty = await askForKey(alice, { permissions: [] })
    expect([empty.codes, faultsOf(empty)]).toEqual([['BAD_USER_INPUT'], [['input.permissions', 'REQUIRED']]])
    const { codes, errors } = await askForKey(alice, { permissions: ['USER_READ', 'PROFILE_READ', 'USER_CREATE'] })
    expect(codes).toEqual(['FORBIDDEN'])
    expect(errors[0]?.extensions.permissions).toEqual(['USER_CREATE', 'USER_READ'])
    expect(await keysOf(alice)).toEqual([])
  })

  it.each([
    ['', 'TOO_SHORT'],
    [' \t ', 'TOO_SHORT'],
    ['x'.repeat(65), 'TOO_LONG'],
    ['a\u202eb', 'INVALID'],
    ['a\u0000b', 'INVALID'],
  ])('have a name: %j is %s', async (name, code) => {
    expect(faultsOf(await askForKey(await signUp(app), { name }))).toEqual([['input.name', code]])
  })

  it('have a name of up to 64 characters', async () => {
    const name = '\u{1f511}'.repeat(64)
    expect(await makeKey(app, await signUp(app), ['PROFILE_READ'], { name })).toMatchObject({ name })
  })

  it('tell every fault at once', async () => {
    const alice = await signUp(app)
    const answer = await askForKey(alice, { name: '', permissions: [], expiresAt: inSeconds(-1) })
    expect(faultsOf(answer)).toEqual([
      ['input.name', 'TOO_SHORT'],
      ['input.permissions', 'REQUIRED'],
      ['input.expiresAt', 'OUT_OF_RANGE'],
    ])
  })

  it('end in the future, at most 366 days ahead', async () => {
    const alice = await signUp(app)
    for (const expiresAt of [inSeconds(0), inSeconds(-DAY), inSeconds(366 * DAY + 0.001), '9999-12-31T00:00:00.000Z']) {
      const answer = await askForKey(alice, { expiresAt })
      expect([answer.codes, faultsOf(answer)]).toEqual([['BAD_USER_INPUT'], [['input.expiresAt', 'OUT_OF_RANGE']]])
    }
    for (const expiresAt of [inSeconds(0.001), inSeconds(366 * DAY)])
      expect(await makeKey(app, alice, ['PROFILE_READ'], { expiresAt })).toMatchObject({ expiresAt })
    expect(await makeKey(app, alice, ['PROFILE_READ'], { expiresAt: null })).toMatchObject({
      expiresAt: inSeconds(90 * DAY),
    })
  })

  it('expire, are shown no longer then, and are removed a month later (ASVS 9.2.1)', async () => {
    const alice = await signUp(app)
    await sql.run('delete from api_keys')
    const key = await makeKey(app, alice, ['PROFILE_READ'], { expiresAt: inSeconds(100) })
    await makeKey(app, alice, ['PROFILE_READ'])
    clock.advance(99)
    expect(await codesOf(app, key.secret)).toEqual([])
    clock.advance(1)
    expect(await codesOf(app, key.secret)).toEqual(['UNAUTHENTICATED'])
    expect(await keysOf(alice)).toHaveLength(1)
    const operator = await openOperator(readConfig(app.env), [], { clock: clock.now })
    clock.advance(30 * DAY - 1)
    expect(await operator.prune()).toMatchObject({ apiKeys: 0 })
    expect(await countOf()).toBe(2)
    clock.advance(1)
    expect(await operator.prune()).toMatchObject({ apiKeys: 1 })
    expect(await countOf()).toBe(1)
    await operator.close()
  })

  it('end at once where they are revoked, on every instance (ASVS 7.4.1)', async () => {
    const alice = await signUp(app)
    const other = await createSecondInstance(app, { clock: clock.now })
    const [key, staying] = [await makeKey(app, alice, ['PROFILE_READ']), await makeKey(app, alice, ['PROFILE_READ'])]
    expect(await codesOf(other, key.secret)).toEqual([])
    expect(await revokeKey(alice, key.id)).toEqual([])
    for (const instance of [app, other]) {
      expect(await codesOf(instance, key.secret)).toEqual(['UNAUTHENTICATED'])
      expect(await codesOf(instance, staying.secret)).toEqual([])
    }
    await other.close()
    expect(await revokeKey(alice, key.id)).toEqual(['NOT_FOUND'])
    expect((await deedsOf(chief, alice.id)).filter(({ action }) => action === 'API_KEY_REVOKED')).toEqual([
      { action: 'API_KEY_REVOKED', userId: alice.id, actorId: alice.id, details: key.id, apiKeyId: null },
    ])
  })

  it("are ended by their owner alone: another's is NOT_FOUND, to administrators too (ASVS 8.2.2)", async () => {
    const [alice, bob] = [await signUp(app), await signUp(app)]
    const key = await makeKey(app, alice, ['PROFILE_READ'])
    for (const stranger of [bob, chief]) {
      expect(await revokeKey(stranger, key.id)).toEqual(['NOT_FOUND'])
      for (const id of [randomUUID(), 'no id', '', `${key.id}'`])
        expect(await revokeKey(stranger, id)).toEqual(['NOT_FOUND'])
    }
    expect(await codesOf(app, key.secret)).toEqual([])
  })

  it('are at most 20, of which those that are revoked or expired do not count', async () => {
    const alice = await signUp(app)
    const expiresAt = inSeconds(60)
    await makeKey(app, alice, ['PROFILE_READ'], { expiresAt })
    // Of 30 at once, 19 are made beside the one that is there.
    const answers = await Promise.all(Array.from({ length: 30 }, () => askForKey(alice, {})))
    const refused = answers.filter(({ codes }) => codes.length > 0)
    expect(refused.map(({ codes }) => codes)).toEqual(Array.from({ length: 11 }, () => ['CONFLICT']))
    expect(refused[0]?.errors[0]?.extensions).not.toHaveProperty('field')
    const keys = await keysOf(alice)
    expect(keys).toHaveLength(20)
    clock.advance(60)
    expect((await askForKey(alice, {})).codes).toEqual([])
    expect((await askForKey(alice, {})).codes).toEqual(['CONFLICT'])
    expect(await revokeKey(alice, keys[0]?.id ?? '')).toEqual([])
    expect((await askForKey(alice, {})).codes).toEqual([])
  })

  it('are stored as a keyed hash alone', async () => {
    const { secret } = await makeKey(app, await signUp(app), ['PROFILE_READ'])
    await codesOf(app, secret)
    const names = await sql.all<object>(
      sql.isSqlite ? "select name from sqlite_master where type = 'table'" : 'show tables',
    )
    const tables = names.map((row) => String(Object.values(row)[0]))
    expect(tables).toContain('api_keys')
    const rows = (await Promise.all(tables.map((table) => sql.all<object>(`select * from ${table}`)))).flat()
    const stored = rows.flatMap((row) => Object.values(row).map(String))
    expect(stored).toContain(secret.slice(-4))
    const parts = [secret.slice(10), secret.slice(10, 30), secret.slice(30, 50)]
    for (const text of stored) for (const part of parts) expect(text).not.toContain(part)
    // Nor a hash that anybody can make.
    for (const input of [secret, secret.slice(10), secret.slice(10, -6)])
      for (const form of ['hex', 'base64', 'base64url'] as const)
        expect(stored).not.toContain(createHash('sha256').update(input).digest(form))
  })
})
