import { randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { keysOf, makeKey } from '../support/api-keys.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock } from '../support/clock.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { Statements } from '../support/statements.ts'
import { signUp } from '../support/story.ts'
import { codesOf } from '../support/tokens.ts'

describeEachBackend('the use of a key', (backend) => {
  const clock = createTestClock()
  const statements = new Statements()
  const logged: string[] = []
  let app: TestApp
  let sql: Sql

  beforeAll(async () => {
    const logDestination = new Writable({
      write(line, _encoding, done) {
        logged.push(String(line))
        done()
      },
    })
    const env = { LOG_LEVEL: 'warn' }
    app = await createTestApp({ backend, env, clock: clock.now, onQuery: statements.onQuery, logDestination })
    sql = await openSql(app)
  })
  afterAll(async () => {
    await sql.close()
    await app.close()
  })

  const notes = () => statements.sent().filter((text) => /^update .api_keys./.test(text)).length
  const stored = async (id: string) => {
    const [row] = await sql.all<{ hash: string; used: unknown }>(
      'select hash, last_used_at as used from api_keys where id = ?',
      [id],
    )
    return { hash: row?.hash, isUsed: row?.used !== null }
  }

  it('is noted at most once a minute, in one statement beside the one that finds it', async () => {
    const alice = await signUp(app)
    const key = await makeKey(app, alice, ['PROFILE_READ'])
    const lastUsedAt = async () => (await keysOf(alice))[0]?.lastUsedAt
    const used = clock.now().toISOString()
    const before = notes()
    await Promise.all(Array.from({ length: 20 }, () => codesOf(app, key.secret)))
    await expect.poll(lastUsedAt).toBe(used)
    expect(notes()).toBe(before + 1)

    clock.advance(59.999)
    expect(await statements.of(() => codesOf(app, key.secret))).toHaveLength(1)
    expect(await lastUsedAt()).toBe(used)
    clock.advance(0.001)
    await codesOf(app, key.secret)
    await expect.poll(lastUsedAt).toBe(clock.now().toISOString())
    expect(notes()).toBe(1)
  })

  it('that is not good is not noted', async () => {
    const alice = await signUp(app)
    const key = await makeKey(app, alice, ['PROFILE_READ'])
    await sql.run('update users set is_active = ? where id = ?', [0, alice.id])
    const before = notes()
    expect(await codesOf(app, key.secret)).toEqual(['UNAUTHENTICATED'])
    await sql.run('update users set is_active = ? where id = ?', [1, alice.id])
    expect(notes()).toBe(before)
    expect((await keysOf(alice))[0]?.lastUsedAt).toBeNull()
  })

  it('is answered while nothing can be written, which is told once a minute', async () => {
    const alice = await signUp(app)
    const [first, second] = [await makeKey(app, alice, ['PROFILE_READ']), await makeKey(app, alice, ['PROFILE_READ'])]
    const body = sql.isSqlite
      ? "begin select raise(abort, 'refused by the test'); end"
      : "signal sqlstate '45000' set message_text = 'refused by the test'"
    await sql.run(`create trigger refuse_notes before update on api_keys for each row ${body}`)
    logged.length = 0
    try {
      expect(await codesOf(app, first.secret)).toEqual([])
      await expect.poll(() => logged).toHaveLength(1)
      for (const { secret } of [second, first]) expect(await codesOf(app, secret)).toEqual([])
      expect(logged[0]).toContain('The use of an API key was not noted')
      clock.advance(60)
      expect(await codesOf(app, first.secret)).toEqual([])
      await expect.poll(() => logged).toHaveLength(2)
      for (const line of logged) expect(line).not.toContain(first.secret.slice(10))
    } finally {
      await sql.run('drop trigger refuse_notes')
    }
    clock.advance(60)
    await codesOf(app, first.secret)
    await expect.poll(() => stored(first.id)).toMatchObject({ isUsed: true })
  })

  it('is answered while others keep the key or the database locked', async () => {
    const key = await makeKey(app, await signUp(app), ['PROFILE_READ'])
    await sql.run(sql.isSqlite ? 'begin immediate' : 'begin')
    await sql.run('update api_keys set last_used_at = last_used_at where id = ?', [key.id])
    try {
      const answers = await Promise.all(Array.from({ length: 5 }, () => codesOf(app, key.secret)))
      expect(answers).toEqual(Array.from({ length: 5 }, () => []))
    } finally {
      await sql.run('rollback')
    }
  })

  it('during a change of SECRET_KEY makes the key outlive it', async () => {
    const alice = await signUp(app)
    const [used, idle] = [await makeKey(app, alice, ['PROFILE_READ']), await makeKey(app, alice, ['PROFILE_READ'])]
    clock.advance(60)
    expect(await codesOf(app, used.secret)).toEqual([])
    await expect.poll(() => stored(used.id)).toMatchObject({ isUsed: true })
    const [old, next] = [app.env.SECRET_KEY ?? '', randomBytes(32).toString('base64url')]
    const start = (SECRET_KEY: string, SECRET_KEY_PREVIOUS = '') => {
      const env = { ...app.env, SECRET_KEY, SECRET_KEY_PREVIOUS, LOG_LEVEL: 'silent' }
      return createSecondInstance({ ...app, env }, { clock: clock.now })
    }
    const before = [await stored(used.id), await stored(idle.id)]
    const changing = await start(next, old)
    // Noted within this minute already.
    expect(await codesOf(changing, used.secret)).toEqual([])
    const made = await makeKey(changing, { client: alice.client }, ['PROFILE_READ'])
    await changing.close()
    expect((await stored(used.id)).hash).not.toBe(before[0]?.hash)
    expect(await stored(idle.id)).toEqual(before[1])

    // Whoever still has the old secret as the current one knows them too, where it knows the next.
    const behind = await start(old, next)
    for (const { secret } of [used, idle, made]) expect(await codesOf(behind, secret)).toEqual([])
    await behind.close()
    const again = await start(next, old)
    for (const { secret } of [used, made]) expect(await codesOf(again, secret)).toEqual([])
    await again.close()

    const changed = await start(next)
    for (const { secret } of [used, made]) expect(await codesOf(changed, secret)).toEqual([])
    expect(await codesOf(changed, idle.secret)).toEqual(['UNAUTHENTICATED'])
    await changed.close()
    // The change is taken back for the tests that follow.
    await (await start(old, next)).close()
  })
})
