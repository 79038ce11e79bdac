import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { isUnavailable } from '../../src/database/faults.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { hasNoMariaDb } from '../support/installed.ts'
import { createDatabase } from '../support/mariadb.ts'
import { PASSWORD, type Person, signUp, signUpAdmin } from '../support/story.ts'
import { errorPacket, TcpProxy } from '../support/tcp-proxy.ts'
import { login, readiness, register, rename, timed } from './faults.ts'

const POOL_SIZE = 3

describe.skipIf(hasNoMariaDb)('a transaction', () => {
  let proxy: TcpProxy
  let app: TestApp
  let person: Person
  /** A client of the database that bypasses the proxy. */
  let other: Connection
  const statements: string[] = []

  beforeAll(async () => {
    const serverUrl = inject('mariaDbUrl') ?? ''
    proxy = await TcpProxy.start(Number(new URL(serverUrl).port))
    const url = await createDatabase(serverUrl)
    const env = { DATABASE_URL: proxy.through(url), DATABASE_POOL_SIZE: String(POOL_SIZE) }
    app = await createTestApp({ backend: 'sqlite', env, onQuery: (sql) => statements.push(sql) })
    person = await signUp(app)
    other = await createConnection(url)
  })
  beforeEach(async () => {
    await rename(person.client, 'Before')
    await other.query('delete from activities')
    statements.length = 0
  })
  afterAll(async () => {
    await other.end()
    await app.close()
    await proxy.close()
  })

  /** The name, and the number of recorded changes. */
  async function written(): Promise<[string, number]> {
    const [[user]] = await other.query<RowDataPacket[]>('select display_name from users where id = ?', [person.id])
    const [[activity]] = await other.query<RowDataPacket[]>(
      "select count(*) as n from activities where action = 'PROFILE_UPDATED'",
    )
    return [String(user?.display_name), Number(activity?.n)]
  }

  const begun = () => statements.filter((sql) => sql === 'begin').length

  it('whose commit was done and its answer lost says that the outcome is unknown, and is not done again', async () => {
    const lost = proxy.resetAt('commit', true)
    const { errors, data } = await rename(person.client, 'After')
    await lost
    expect(data).toEqual({ updateProfile: null })
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'SERVICE_UNAVAILABLE', outcome: 'unknown' }])
    expect([begun(), await written()]).toEqual([1, ['After', 1]])
  })

  it('whose commit was lost on its way says so too, and nothing was done', async () => {
    const lost = proxy.resetAt('commit', false)
    const { errors } = await rename(person.client, 'After')
    await lost
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'SERVICE_UNAVAILABLE', outcome: 'unknown' }])
    expect(await written()).toEqual(['Before', 0])
  })

  it.each([
    [1180, 'HY000', 'Got error 5 during COMMIT'],
    [1026, 'HY000', 'Error writing file binlog'],
    [3100, 'HY000', "Error on observer while running replication hook 'before_commit'"],
  ])(
    'whose commit fails with %i says that the outcome is unknown, and is not done again',
    async (errno, state, text) => {
      const failed = proxy.answerAt('commit', errorPacket(errno, state, text))
      const { errors } = await rename(person.client, 'After')
      await failed
      expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'SERVICE_UNAVAILABLE', outcome: 'unknown' }])
      expect(begun()).toBe(1)
    },
  )

  it('whose commit fails outside of a transaction is SERVICE_UNAVAILABLE too', () => {
    for (const code of ['ER_ERROR_DURING_COMMIT', 'ER_ERROR_DURING_ROLLBACK', 'ER_ERROR_DURING_FLUSH_LOGS'])
      expect(isUnavailable(Object.assign(new Error('Got error 5 during COMMIT'), { code }))).toBe(true)
  })

  it.each(['begin', 'update `users`', 'insert into `activities`'])(
    'that loses its connection at "%s" has done nothing, and says nothing of an outcome',
    async (statement) => {
      for (const isServed of [true, false]) {
        const lost = proxy.resetAt(statement, isServed)
        const { errors } = await rename(person.client, 'After')
        await lost
        expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'SERVICE_UNAVAILABLE' }])
        expect(await written()).toEqual(['Before', 0])
      }
    },
  )

  it.each([login, register])('%o issues nothing where its commit is lost', async (operation) => {
    for (const isServed of [true, false]) {
      const lost = proxy.resetAt('commit', isServed)
      const { codes, data } = await operation(app, operation === login ? person.username : `lost-${isServed}`)
      await lost
      expect([codes, Object.values(data ?? {})]).toEqual([['SERVICE_UNAVAILABLE'], [null]])
    }
    const [[halves]] = await other.query<RowDataPacket[]>(
      "select (select count(*) from users where username like 'lost-%') as users, (select count(*) from activities where action = 'USER_REGISTERED') as entries",
    )
    expect(halves?.users).toBe(halves?.entries)
  })

  it('whose begin, commit or rollback fails on a connection that lives does not cost the pool that connection', async () => {
    for (let i = 0; i < 3 * POOL_SIZE; i++) {
      const statement = i % 2 === 0 ? 'begin' : 'commit'
      const failed = proxy.answerAt(statement, errorPacket(1317, '70100', 'Query execution was interrupted'))
      expect((await rename(person.client, `Try ${i}`)).codes).toEqual(['SERVICE_UNAVAILABLE'])
      await failed
    }
    const all = await Promise.all(Array.from({ length: 4 * POOL_SIZE }, () => person.client.run('{ me { id } }')))
    expect(all.flatMap(({ codes }) => codes)).toEqual([])
  })

  it('that is refused at its commit for a conflict with another node is done again, once', async () => {
    const refused = proxy.answerAt('commit', errorPacket(1213, '40001', 'Deadlock found'))
    expect((await rename(person.client, 'After')).codes).toEqual([])
    await refused
    expect([begun(), await written()]).toEqual([2, ['After', 1]])
  })

  it('that a real deadlock ended is done again as a whole', async () => {
    const chief = await signUpAdmin(app)
    // More changed rows than the service's transaction, so that the service's is the victim.
    await other.beginTransaction()
    const rows = Array.from({ length: 50 }, (_, i) => [`x${i}`, 'USER_LOGIN', new Date()])
    await other.query('insert into activities (id, action, timestamp) values ?', [rows])
    await other.query('select * from users where id = ? for update', [person.id])
    statements.length = 0
    const promote = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { isActive } } }'
    const promoted = chief.client.run(promote, { input: { userId: person.id, role: 'user', displayName: 'After' } })
    const waiting = async () => statements.some((sql) => sql.startsWith('update `users`'))
    while (!(await waiting())) await new Promise((resolve) => setTimeout(resolve, 20))
    await other.query("update guards set turn = turn where name like '%'")
    await other.rollback()
    expect((await promoted).codes).toEqual([])
    expect(begun()).toBe(2)
    expect((await written())[0]).toBe('After')
    const [[entries]] = await other.query<RowDataPacket[]>(
      "select count(*) as n from activities where action = 'USER_UPDATED'",
    )
    expect(entries?.n).toBe(1)
  })

  it('is tried 4 times in all, then answers SERVICE_UNAVAILABLE and has done nothing', async () => {
    await other.query('create table faults_left (n int) engine = Aria')
    await other.query(
      `create trigger fault before insert on activities for each row begin
         if (select n from faults_left) > 0 then
           update faults_left set n = n - 1;
           signal sqlstate '40001' set mysql_errno = 1213, message_text = 'Deadlock found when trying to get lock';
         end if;
       end`,
    )
    await other.query('insert into faults_left values (3)')
    expect((await rename(person.client, 'Fourth try')).codes).toEqual([])
    expect([begun(), await written()]).toEqual([4, ['Fourth try', 1]])
    statements.length = 0
    await other.query('update faults_left set n = 4')
    const { errors } = await rename(person.client, 'Fifth try')
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'SERVICE_UNAVAILABLE' }])
    expect([begun(), await written()]).toEqual([4, ['Fourth try', 1]])
    await other.query('drop trigger fault')
  })

  it('that waits for a lock in vain is tried again, and done where the lock is free by then', async () => {
    await other.beginTransaction()
    await other.query('select * from users where id = ? for update', [person.id])
    setTimeout(() => void other.rollback(), 1500)
    expect((await rename(person.client, 'After')).codes).toEqual([])
    expect([begun(), await written()]).toEqual([2, ['After', 1]])
  })

  it('that never gets its lock answers SERVICE_UNAVAILABLE after 2 s in all, and has done nothing', async () => {
    await other.beginTransaction()
    await other.query('select * from users where id = ? for update', [person.id])
    const { result, ms } = await timed(() => rename(person.client, 'After'))
    await other.rollback()
    expect(result.errors.map(({ extensions }) => extensions)).toEqual([{ code: 'SERVICE_UNAVAILABLE' }])
    expect([begun(), await written()]).toEqual([2, ['Before', 0]])
    expect(ms).toBeLessThan(2_900)
  })

  it('that finds every connection taken waits only so long, and the pool is whole afterwards', async () => {
    await other.query('lock tables users write, sessions write')
    const begin = performance.now()
    const refused = await Promise.all(Array.from({ length: 8 * POOL_SIZE }, () => person.client.run('{ me { id } }')))
    expect(performance.now() - begin).toBeLessThan(5000)
    expect(refused.map(({ codes }) => codes)).toEqual(Array(8 * POOL_SIZE).fill(['SERVICE_UNAVAILABLE']))
    const mine = 'select id from information_schema.processlist where db = database()'
    const [connections] = await other.query<RowDataPacket[]>(mine)
    await other.query('unlock tables')
    // No statement is left in the server, where they would add up to its limit of connections.
    expect(connections.length).toBeLessThanOrEqual(POOL_SIZE + 1)
    const all = await Promise.all(Array.from({ length: 4 * POOL_SIZE }, () => person.client.run('{ me { id } }')))
    expect(all.flatMap(({ codes }) => codes)).toEqual([])
    expect((await readiness(app)).code).toBe(200)
    expect((await login(app, person.username, PASSWORD)).codes).toEqual([])
  })
})
