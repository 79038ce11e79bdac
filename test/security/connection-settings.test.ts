import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { type Operator, openOperator } from '../../src/operations/operator.ts'
import { createSecondInstance, createTestApp, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { openDatabaseOf } from '../support/database.ts'
import { hasNoMariaDb } from '../support/installed.ts'
import { createDatabase, startMariaDb, type TestMariaDb } from '../support/mariadb.ts'
import { PASSWORD, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { codesOf } from '../support/tokens.ts'

/** What an operator may have set for other programs, and what each connection of the service has instead. */
const SETTINGS: Record<string, [foreign: string, own: string | number]> = {
  autocommit: ['0', 1],
  completion_type: ["'CHAIN'", 'NO_CHAIN'],
  tx_isolation: ["'READ-UNCOMMITTED'", 'REPEATABLE-READ'],
  tx_read_only: ['1', 0],
  foreign_key_checks: ['0', 1],
  unique_checks: ['0', 1],
  check_constraint_checks: ['0', 1],
  sql_safe_updates: ['1', 0],
  sql_select_limit: ['1', '18446744073709551615'],
  sql_auto_is_null: ['1', 0],
  sql_big_selects: ['0', 1],
  max_sort_length: ['64', 1024],
  max_statement_time: ['0.0001', 0],
  lc_messages: ["'de_DE'", 'en_US'],
  time_zone: ["'+05:30'", '+00:00'],
  default_storage_engine: ['MyISAM', 'InnoDB'],
  sql_mode: ["'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'", 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'],
  character_set_client: ['latin1', 'utf8mb4'],
  character_set_results: ['latin1', 'utf8mb4'],
  collation_connection: ['latin1_bin', 'utf8mb4_unicode_ci'],
  wsrep_sync_wait: ['0', 1],
  wsrep_dirty_reads: ['1', 0],
}
const NAMES = Object.keys(SETTINGS)

/** What some servers have beside the settings above. */
const SERVERS = [
  { name: 'where transactions are chained', more: [] },
  { name: 'where a commit disconnects', more: ["completion_type = 'RELEASE'"] },
  { name: 'where each client is in a transaction', more: ['autocommit = 1', "init_connect = 'begin'"] },
]

describe.skipIf(hasNoMariaDb)('on a server with settings for other programs', () => {
  let database: TestMariaDb
  let administrator: Connection

  beforeAll(async () => {
    database = await startMariaDb()
    administrator = await createConnection(database.url)
    await administrator.query("create user service@'%' identified by 'pw'")
    await administrator.query("grant all on *.* to service@'%'")
    await administrator.query("revoke super, connection admin on *.* from service@'%'")
  })
  afterEach(async () => {
    const own = [...NAMES, 'max_join_size', 'init_connect'].map((name) => `${name} = default`)
    for (const setting of own) await administrator.query(`set global ${setting}`)
  })
  afterAll(async () => {
    await administrator.end()
    await database.stop()
  })

  /**
   * A database on a server that has the settings for each connection that comes later. The account is no superuser,
   * for which init_connect does not run.
   */
  async function foreignDatabase(more: string[] = []): Promise<string> {
    const url = new URL(await createDatabase(database.url))
    await administrator.query(`use ${url.pathname.slice(1)}`)
    const foreign = NAMES.map((name) => `${name} = ${SETTINGS[name]?.[0]}`)
    for (const setting of ['max_join_size = 1', ...foreign, ...more]) await administrator.query(`set global ${setting}`)
    return Object.assign(url, { username: 'service', password: 'pw' }).href
  }

  async function rowsOf(statement: string): Promise<RowDataPacket[]> {
    return (await administrator.query<RowDataPacket[]>(statement))[0]
  }

  it('each connection has its own of every setting that changes what a statement means', async () => {
    const orm = await openDatabaseOf({ DATABASE_URL: await foreignDatabase(["init_connect = 'begin'"]) })
    const asked = NAMES.map((name) => `@@session.${name} as ${name}`).join(', ')
    const [row] = await orm.em.execute<object[]>(`select ${asked}, @@in_transaction as isOpen`)
    await orm.close()
    const own = Object.fromEntries(NAMES.map((name) => [name, SETTINGS[name]?.[1]]))
    expect(row).toEqual({ ...own, isOpen: 0 })
  })

  it.each(SERVERS)('$name the service migrates, signs out, deletes and prunes', async ({ more }) => {
    const env = { DATABASE_URL: await foreignDatabase(more), DATABASE_POOL_SIZE: '2' }
    const app = await createTestApp({ backend: 'sqlite', env })
    const migrated = await operate(app, (operator) => operator.migrationStatus())
    for (const { executedAt } of migrated) {
      expect(executedAt?.getTime()).toBeGreaterThan(Date.now() - 60_000)
      expect(executedAt?.getTime()).toBeLessThanOrEqual(Date.now())
    }
    const other = await createSecondInstance(app)
    const [chief, person] = [await signUpAdmin(app), await signUp(app)]
    for (let round = 0; round < 4; round += 1) {
      const again = await signIn(app, person.username)
      for (let use = 0; use < 4; use += 1) expect(await codesOf(other, again.accessToken)).toEqual([])
      await again.client.get('mutation { logout { sessionId } }')
      for (let use = 0; use < 4; use += 1) expect(await codesOf(other, again.accessToken)).toEqual(['UNAUTHENTICATED'])
    }
    const account = { username: person.username, email: 'users_email_key@example.com', password: PASSWORD }
    const taken = await register(app, account)
    expect(taken.errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', field: 'username' })
    await person.client.get('mutation { setSessionValue(input: { key: "k", value: 1 }) { session { id } } }')
    const remove = 'mutation ($userId: ID!) { deleteUser(input: { userId: $userId }) { userId } }'
    await chief.client.get(remove, { userId: person.id })
    expect(await rowsOf('select * from session_values')).toEqual([])
    await administrator.query('update sessions set ends_at = created_at')
    const pruned = await operate(app, (operator) => operator.prune({ activitiesOlderThanDays: 0 }))
    expect(pruned).toMatchObject({ sessions: 1 })
    await other.close()
    await app.close()
  })
})

async function operate<T>({ env }: TestApp, work: (operator: Operator) => Promise<T>): Promise<T> {
  const operator = await openOperator(readConfig(env))
  try {
    return await work(operator)
  } finally {
    await operator.close()
  }
}

function register(app: TestApp, input: object) {
  const document = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
  return new TestClient(app.url).run(document, { input })
}
