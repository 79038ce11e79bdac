import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/database/ids.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock } from '../support/clock.ts'
import { exportLines, importLines } from '../support/import.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'
import { activities, login } from '../support/tokens.ts'

interface Vector {
  hash: string
  password: string
}

const VECTORS = ['python', 'php'].flatMap((file) =>
  readFileSync(resolve(import.meta.dirname, `../passwords/vectors/${file}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector),
)
/** One hash of each kind. */
const KIND = /^(\$wp\$2y|\$argon2id|\$2[aby]|\$[PH]|scrypt|pbkdf2:sha\d+|pbkdf2_sha256)/
const KINDS = new Map(VECTORS.map((vector) => [KIND.exec(vector.hash)?.[0], vector]))
const BCRYPT = `$2b$04$${'a'.repeat(53)}`

let lines = 0

/** A valid line with an unused name. */
function line(more: object = {}) {
  lines += 1
  const username = `line${lines}`
  return { username, email: `${username}@example.com`, ...more }
}

describeEachBackend('import', (backend) => {
  let app: TestApp
  let sql: Sql
  let chief: Person

  beforeAll(async () => {
    app = await createTestApp({ backend })
    sql = await openSql(app)
    chief = await signUpAdmin(app)
  })
  afterAll(async () => {
    await sql.close()
    await app.close()
  })

  const count = async (where: string): Promise<number> =>
    Number((await sql.all<{ total: number }>(`select count(*) as total from users where ${where}`))[0]?.total)
  const user = async (id: string) => {
    const { user: found } = await chief.client.get<{ user: object | null }, object>(
      'query ($id: ID!) { user(id: $id) { username email displayName role { name } isActive createdAt lastLoginAt } }',
      { id },
    )
    return found
  }

  it('keeps every field of a line, and records it without an actor', async () => {
    const id = newId()
    const given = line({
      id: id.toUpperCase(),
      username: ' Ada.Lovelace ',
      email: 'Ada@Example.com',
      password_hash: BCRYPT,
      display_name: 'Ada, Countess',
      role: 'admin',
      is_active: false,
      created_at: '2019-02-28 23:30:00+01:00',
      last_login_at: '2024-02-29T12:00:00.123456Z',
      email_verified_at: '2019-03-01',
    })
    expect(await importLines(app, [given])).toMatchObject({ counts: { imported: 1, failed: 0 }, faults: [] })
    expect(await user(id)).toEqual({
      username: 'Ada.Lovelace',
      email: 'Ada@Example.com',
      displayName: 'Ada, Countess',
      role: { name: 'admin' },
      isActive: false,
      createdAt: '2019-02-28T22:30:00.000Z',
      lastLoginAt: '2024-02-29T12:00:00.123Z',
    })
    const [row] = (await exportLines(app)).map((text) => JSON.parse(text)).filter((record) => record.id === id)
    expect(row).toMatchObject({ email_verified_at: '2019-03-01T00:00:00.000Z' })
    const left = await activities(chief.client, { userId: id })
    expect(left).toEqual([{ action: 'USER_IMPORTED', userId: id, actorId: null, details: null }])
  })

  it('gives what a line leaves out the defaults of createUser; nobody signs in without a hash', async () => {
    const given = line()
    await importLines(app, [given])
    const [row] = await sql.all('select role, is_active, display_name from users where username = ?', [given.username])
    expect(row).toMatchObject({ role: 'user', is_active: 1, display_name: null })
    for (const password of ['', 'correct horse battery staple'])
      expect((await login(app, given.username, password)).codes).toEqual(['INVALID_CREDENTIALS'])
  })

  it('takes hashes of other programs, each redone as argon2id at the first right sign-in', async () => {
    expect(KINDS.size).toBe(12)
    const people = [...KINDS.values()].map(({ hash, password }) => ({
      hash,
      password,
      given: line({ password_hash: hash }),
    }))
    expect(
      (
        await importLines(
          app,
          people.map(({ given }) => given),
        )
      ).counts.imported,
    ).toBe(people.length)
    for (const { given, hash, password } of people) {
      expect((await login(app, given.username, `wrong ${password}`)).codes).toEqual(['INVALID_CREDENTIALS'])
      const stored = () =>
        sql.all<{ hash: string }>('select password_hash as hash from users where username = ?', [given.username])
      expect((await stored())[0]?.hash).toBe(hash)
      for (let time = 1; time <= 2; time += 1) {
        expect((await login(app, given.email, password)).codes, given.username).toEqual([])
        expect((await stored())[0]?.hash).toMatch(/^\$argon2id\$v=19\$m=256,(p=1,t=1|t=1,p=1)\$/)
      }
    }
  })

  it('tells each fault with its line, keeps nothing of those lines, and goes on', async () => {
    const good = [line(), line()]
    const { counts, faults } = await importLines(app, [
      good[0] ?? '',
      { username: 'bob@example.com', email: 'bob' },
      '',
      '{"username": "cut',
      '["a list"]',
      line({ password_hash: 'd41d8cd98f00b204e9800998ecf8427e' }),
      line({ password_hash: `$2b$20$${'a'.repeat(53)}` }),
      line({ role: 'boss', is_active: 'yes', id: '17', created_at: '2023-02-30', last_login_at: '2999-01-01' }),
      line({ username: 7, email: null, display_name: '\u202eda' }),
      { email: 'only@example.com' },
      line({ display_name: 'x'.repeat(70_000) }),
      good[1] ?? '',
    ])
    expect(counts).toEqual({ imported: 2, updated: 0, skipped: 0, failed: 9, activities: 0 })
    expect(faults).toEqual([
      expect.stringMatching(/^line 2: username: /),
      expect.stringMatching(/^line 2: email: /),
      expect.stringMatching(/^line 4: This is not a JSON object/),
      expect.stringMatching(/^line 5: This is not a JSON object/),
      expect.stringMatching(/^line 6: password_hash: A bare digest/),
      expect.stringMatching(/^line 7: password_hash: .* would cost too much/),
      expect.stringMatching(/^line 8: id: /),
      expect.stringMatching(/^line 8: role: /),
      expect.stringMatching(/^line 8: is_active: /),
      expect.stringMatching(/^line 8: created_at: /),
      expect.stringMatching(/^line 8: last_login_at: .*future/),
      expect.stringMatching(/^line 9: username: This must be a text/),
      expect.stringMatching(/^line 9: email: This is needed/),
      expect.stringMatching(/^line 9: display_name: /),
      expect.stringMatching(/^line 10: username: This is needed/),
      expect.stringMatching(/^line 11: This is not a JSON object of at most 64 KiB/),
    ])
    expect(faults.join()).not.toMatch(/d41d8cd9|aaaaaaaa|boss|bob@/)
    expect(await count("email in ('bob', 'only@example.com')")).toBe(0)
  })

  it('names fields that it does not read', async () => {
    const { faults } = await importLines(app, [line({ passwordHash: BCRYPT, '\u001b[2J': 1 })])
    expect(faults).toEqual(['Fields that are not read: ?[2J, passwordHash'])
  })

  it('tells everything as one JSON object where asked', async () => {
    const { out, faults } = await importLines(app, [{ username: 'x' }, line(), 'no'], { json: true })
    expect(faults).toEqual([])
    expect(JSON.parse(out)).toEqual({
      faults: [
        { line: 1, path: 'username', code: 'TOO_SHORT', message: expect.any(String) },
        { line: 1, path: 'email', code: 'REQUIRED', message: expect.any(String) },
        { line: 3, path: '', code: 'INVALID', message: expect.any(String) },
      ],
      imported: 1,
      updated: 0,
      skipped: 0,
      failed: 2,
      activities: 0,
      dryRun: false,
      ignoredFields: [],
    })
    expect(JSON.parse((await importLines(app, [line()], { json: true })).out)).toMatchObject({
      faults: [],
      imported: 1,
    })
  })

  describe('a name that is taken', () => {
    it('fails its line and no other, in any spelling, with every field that is taken', async () => {
      const alice = await signUp(app, 'taken')
      const other = line()
      const told = await importLines(app, [
        { username: alice.username.toUpperCase(), email: alice.email.toUpperCase(), password_hash: BCRYPT },
        line({ id: alice.id }),
        other,
        { ...line(), username: other.username.toUpperCase() },
      ])
      expect(told.counts).toMatchObject({ imported: 1, failed: 3 })
      expect(told.faults).toEqual([
        'line 1: username: This username is already taken.',
        'line 1: email: This email is already taken.',
        'line 2: id: This id is already taken.',
        'line 4: username: This username is already taken.',
      ])
      expect((await login(app, alice.username)).codes).toEqual([])
    })

    it('is skipped where asked, and nothing changes', async () => {
      const alice = await signUp(app, 'kept')
      const told = await importLines(app, [{ ...line(), email: alice.email }, line()], { onConflict: 'skip' })
      expect(told).toMatchObject({ counts: { imported: 1, skipped: 1, failed: 0 }, faults: [] })
      expect(await user(alice.id)).toMatchObject({ username: alice.username })
    })

    it('updates its account where asked: what is left out stays, and a new hash ends the sessions', async () => {
      const alice = await signUp(app, 'changed')
      const [vector = { hash: '', password: '' }] = VECTORS
      const change = { username: alice.username, email: 'new-address@example.com', display_name: 'A' }
      expect((await importLines(app, [change], { onConflict: 'update' })).counts).toMatchObject({ updated: 1 })
      expect(await user(alice.id)).toMatchObject({ email: 'new-address@example.com', displayName: 'A', isActive: true })
      expect((await alice.client.run('{ me { id } }')).codes).toEqual([])
      const hash = {
        id: alice.id,
        username: alice.username,
        email: 'new-address@example.com',
        password_hash: vector.hash,
      }
      for (const outcome of [{ updated: 1 }, { skipped: 1 }])
        expect((await importLines(app, [hash], { onConflict: 'update' })).counts).toMatchObject(outcome)
      expect((await alice.client.run('{ me { id } }')).codes).toEqual(['UNAUTHENTICATED'])
      expect((await login(app, alice.username, vector.password)).codes).toEqual([])
      const left = await activities(chief.client, { userId: alice.id, actions: ['USER_IMPORTED'] })
      expect(left).toHaveLength(2)
    })

    it('by two accounts at once is a fault, with update too', async () => {
      const [one, two] = [await signUp(app, 'one'), await signUp(app, 'two')]
      const told = await importLines(app, [{ username: one.username, email: two.email }], { onConflict: 'update' })
      expect(told.faults).toEqual([
        'line 1: username: This username is already taken.',
        'line 1: email: This email is already taken.',
      ])
      const byId = { id: one.id, username: one.username, email: two.email }
      expect((await importLines(app, [byId], { onConflict: 'update' })).faults).toEqual([
        'line 1: email: This email is already taken.',
      ])
    })
  })

  it('never takes the last active administrator away', async () => {
    await sql.run("update users set role = 'user' where role = 'admin' and id <> ?", [chief.id])
    for (const change of [{ role: 'user' }, { is_active: false }]) {
      const given = { username: chief.username, email: chief.email, ...change }
      const told = await importLines(app, [given], { onConflict: 'update' })
      expect(told.faults).toEqual(['line 1: role: The last active administrator must stay.'])
    }
    expect(await user(chief.id)).toMatchObject({ role: { name: 'admin' }, isActive: true })
  })

  it('goes on where an earlier run was stopped, and skips what that has imported', async () => {
    const all = Array.from({ length: 700 }, () => line({ password_hash: BCRYPT }))
    const [vector = { hash: '', password: '' }] = VECTORS
    const signedIn = line({ id: newId(), password_hash: vector.hash, last_login_at: '2020-01-01' })
    await importLines(app, [...all.slice(0, 550), signedIn])
    expect((await login(app, signedIn.username, vector.password)).codes).toEqual([])
    expect(await importLines(app, [...all, signedIn])).toMatchObject({
      counts: { imported: 150, skipped: 551, failed: 0 },
      faults: [],
    })
    expect(await count(`username in ('${all.map(({ username }) => username).join("','")}')`)).toBe(700)
  })

  it('tells a line that says something else than an earlier run has imported', async () => {
    const given = line({ display_name: 'One', password_hash: BCRYPT, created_at: '2020-01-01' })
    await importLines(app, [given])
    const changes = [{ display_name: 'Two' }, { role: 'admin' }, { is_active: false }, { email: 'moved@example.com' }]
    for (const change of [...changes, { password_hash: `$2b$05$${'a'.repeat(53)}` }, { created_at: '2020-01-02' }])
      expect((await importLines(app, [{ ...given, ...change }])).counts).toMatchObject({ skipped: 0, failed: 1 })
    expect((await importLines(app, [given])).counts).toMatchObject({ skipped: 1, failed: 0 })
  })

  it('tells a line that repeats one before it, in the same batch and in a later one', async () => {
    const [first, ...others] = Array.from({ length: 502 }, () => line())
    const again = { ...first, password_hash: BCRYPT }
    for (const isDryRun of [true, false]) {
      const told = await importLines(app, [first ?? '', again, first ?? '', ...others, again], { isDryRun })
      expect(told.counts).toMatchObject({ imported: 502, skipped: 0, failed: 3 })
      expect(told.faults.map((text) => text.split(':')[0])).toEqual(
        (isDryRun ? [2, 3, 505] : [2, 2, 3, 3, 505, 505]).map((number) => `line ${number}`),
      )
    }
  })

  it('writes nothing in a dry run, and tells the same', async () => {
    const given = [line(), { username: 'x', email: 'x@example.com' }, { ...line(), email: chief.email }]
    const before = await count('1 = 1')
    const told = await importLines(app, given, { isDryRun: true })
    expect(await count('1 = 1')).toBe(before)
    expect(told.out).toBe('Would be: 1 imported, 0 updated, 0 skipped, 2 refused\n')
    expect((await importLines(app, given)).faults).toEqual(told.faults)
  })

  it('tries a batch that the database refuses line by line, so that the others of it are kept', async () => {
    const [good, bad, better] = [line(), line({ username: 'refused-by-trigger' }), line()]
    const body = sql.isSqlite
      ? "begin select raise(abort, 'refused by the test'); end"
      : "begin if new.username = 'refused-by-trigger' then signal sqlstate '45000' set message_text = 'refused'; end if; end"
    const when = sql.isSqlite ? "when new.username = 'refused-by-trigger'" : ''
    await sql.run(`create trigger refuse_one before insert on users for each row ${when} ${body}`)
    const told = await importLines(app, [good, bad, better])
    await sql.run('drop trigger refuse_one')
    expect(told.counts).toMatchObject({ imported: 2, failed: 1 })
    expect(told.faults).toEqual(['line 2: The database refused this account.'])
    expect((await importLines(app, [bad])).counts).toMatchObject({ imported: 1 })
  })

  it('of two at once keeps each account once', async () => {
    const all = Array.from({ length: 300 }, () => line())
    const told = await Promise.all([importLines(app, all), importLines(app, all.toReversed())])
    expect(told[0].counts.imported + told[1].counts.imported).toBe(300)
    expect(await count(`username in ('${all.map(({ username }) => username).join("','")}')`)).toBe(300)
  })

  it('refuses UTF-16 plainly', async () => {
    await expect(importLines(app, ['\0{\0}'])).rejects.toThrow('The input must be UTF-8, and is UTF-16.')
  })
})

describeEachBackend('export', (backend) => {
  it('writes what import reads: another service then holds the same accounts and the same activity', async () => {
    const clock = createTestClock()
    const [from, to] = [await createTestApp({ backend, clock: clock.now }), await createTestApp({ backend })]
    const alice = await signUp(from)
    const given = [
      line({ password_hash: BCRYPT, display_name: 'Zo\u00eb \ud83d\ude00', created_at: '2020-01-01T00:00:00Z' }),
      line({ is_active: false, role: 'admin', last_login_at: '2021-01-01T00:00:00Z' }),
      ...Array.from({ length: 501 }, () => line()),
    ]
    await importLines(from, given)
    const accounts = await exportLines(from)
    expect(accounts).toHaveLength(504)
    expect(Object.keys(JSON.parse(accounts.at(-1) ?? ''))).not.toContain('password_hash')
    const all = await exportLines(from, true)
    expect(await importLines(to, all)).toMatchObject({
      counts: { imported: 504, failed: 0, activities: all.length - 504 },
      faults: [],
    })
    const again = await exportLines(to, true)
    for (const text of all) expect(again).toContain(text)
    // Each account has left one more entry there.
    expect(again).toHaveLength(all.length + 504)
    expect((await importLines(to, all)).counts).toMatchObject({ skipped: 504, activities: 0 })
    expect((await login(to, alice.username)).codes).toEqual([])
    await Promise.all([from.close(), to.close()])
  })

  it('refuses an entry of an unknown action, or without what it needs', async () => {
    const app = await createTestApp({ backend })
    const { faults } = await importLines(app, [
      { activity: { id: newId(), action: 'NONSENSE', timestamp: '2020-01-01T00:00:00Z', user_agent: 'x'.repeat(256) } },
      { activity: { action: 'USER_LOGIN', user_id: 'me' } },
    ])
    expect(faults).toEqual([
      'line 1: action: There is no such action.',
      'line 1: user_agent: At most 255 characters.',
      'line 2: id: This is needed.',
      'line 2: timestamp: This is needed.',
      'line 2: user_id: An id is a UUID.',
    ])
    await app.close()
  })
})
