import { Writable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { PASSWORD, type Person, signUp, signUpAdmin } from '../support/story.ts'
import { activities, login } from '../support/tokens.ts'

const SALT = 'c2FsdHNhbHRzYWx0c2FsdA'
const DIGEST = 'A'.repeat(43)

/** Texts that other programs, or a mistake, may have left in the column. */
const UNREADABLE = [
  ['a cut one of Django', 'pbkdf2_sha256$720000$salt$aGFzaGhhc2g='],
  ['a cut one of bcrypt', `$2b$12$${'N9qo8uLOickgx2ZMRZoMye'}`],
  ['more rounds of bcrypt than are checked', `$2b$31$${'a'.repeat(53)}`],
  ['Werkzeug', 'scrypt:32768:8:1$salt$00ff'],
  ['SHA-crypt', '$6$rounds=5000$saltsalt$abcdef'],
  ['nothing', ''],
  ['a password', PASSWORD],
  ['no memory', `$argon2id$v=19$m=0,p=1,t=2$${SALT}$${DIGEST}`],
  ['no iterations', `$argon2id$v=19$m=8192,p=1,t=0$${SALT}$${DIGEST}`],
  ['no parameters', `$argon2id$v=19$${SALT}$${DIGEST}`],
  ['words for numbers', `$argon2id$v=19$m=x,p=y,t=z$${SALT}$${DIGEST}`],
  ['too much memory', `$argon2id$v=19$m=4294967295,p=1,t=2$${SALT}$${DIGEST}`],
  ['no salt', `$argon2id$v=19$m=8192,p=1,t=2$$${DIGEST}`],
  ['no digest', `$argon2id$v=19$m=8192,p=1,t=2$${SALT}$`],
  ['no salt and no digest', '$argon2id$v=19$m=8192,p=1,t=2'],
  ['an unknown kind', `$argon2x$v=19$m=8192,p=1,t=2$${SALT}$${DIGEST}`],
  ['a cut hash', '$argon2id$v=19$m=81'],
  ['dollars', '$$$$$'],
]

describeEachBackend('a password hash that cannot be read', (backend) => {
  let app: TestApp
  let sql: Sql
  let chief: Person
  let person: Person
  let log = ''

  beforeAll(async () => {
    const env = { PASSWORD_HASH_MEMORY_KIB: '8192', PASSWORD_HASH_ITERATIONS: '2', LOG_LEVEL: 'warn' }
    const logDestination = new Writable({
      write(chunk, _encoding, done) {
        log += String(chunk)
        done()
      },
    })
    app = await createTestApp({ backend, env, logDestination })
    sql = await openSql(app)
    chief = await signUpAdmin(app)
    person = await signUp(app)
  })
  afterAll(async () => {
    await sql.close()
    await app.close()
  })

  const warnings = () => log.split('\n').filter((line) => line.includes('password hash'))

  it.each(UNREADABLE)('with %s is a wrong password, recorded, and warned of once', async (_, hash) => {
    await sql.run('update users set password_hash = ? where id = ?', [hash, person.id])
    const filter = { userId: person.id, actions: ['USER_LOGIN_FAILED'] }
    const before = (await activities(chief.client, filter)).length
    log = ''
    expect((await login(app, person.username)).codes).toEqual(['INVALID_CREDENTIALS'])
    expect(warnings()).toHaveLength(1)
    if (hash !== '') expect(log).not.toContain(hash)
    expect((await activities(chief.client, filter)).length).toBe(before + 1)
    const change = `mutation { changePassword(input: { currentPassword: "${PASSWORD}", newPassword: "another long 2" }) { revokedSessions } }`
    expect((await person.client.run(change)).codes).toEqual(['INVALID_CREDENTIALS'])
    expect(await sql.all('select password_hash as hash from users where id = ?', [person.id])).toEqual([{ hash }])
  })

  it('takes the time of a wrong password', async () => {
    const other = await signUp(app)
    const wrong: number[] = []
    const unreadable: number[] = []
    for (let round = 0; round < 20; round += 1) {
      const [, hash = ''] = UNREADABLE[round % UNREADABLE.length] ?? []
      await sql.run('update users set password_hash = ? where id = ?', [hash, person.id])
      wrong.push(await timeOf(other.username))
      unreadable.push(await timeOf(person.username))
    }
    expect(medianOf(unreadable) / medianOf(wrong)).toBeGreaterThan(0.6)
    expect(medianOf(unreadable) / medianOf(wrong)).toBeLessThan(1.6)
  })

  async function timeOf(identifier: string): Promise<number> {
    const startedAt = performance.now()
    await login(app, identifier, 'wrong password 1')
    return performance.now() - startedAt
  }
})

function medianOf(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}
