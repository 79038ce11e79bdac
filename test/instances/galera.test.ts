import { setTimeout as pause } from 'node:timers/promises'
import { type Connection, createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { refresh } from '../faults/faults.ts'
import { createSecondInstance, createTestApp, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { startGalera } from '../support/galera.ts'
import { hasNoGalera } from '../support/installed.ts'
import { createDatabase, type TestMariaDb } from '../support/mariadb.ts'
import { signUp, signUpAdmin } from '../support/story.ts'

const LOG_OUT = 'mutation { logout { sessionId } }'
const KEEP = 'mutation ($key: String!) { setSessionValue(input: { key: $key, value: 1 }) { session { id } } }'
const DEMOTE = 'mutation ($id: ID!) { updateUser(input: { userId: $id, role: "user" }) { user { id } } }'

/** The second node may not have applied the new database yet. */
async function connectWhenThere(url: string): Promise<Connection> {
  for (const end = performance.now() + 10_000; ; await pause(50)) {
    try {
      return await createConnection(url)
    } catch (error) {
      if (performance.now() > end) throw error
    }
  }
}

let kept = 0

function keepMany(count: number): string {
  const fields = Array.from({ length: count }, (_, i) => {
    kept += 1
    return `v${i}: setSessionValue(input: { key: "old${kept}", value: 1 }) { session { id } }`
  })
  return `mutation { ${fields.join(' ')} }`
}

describe.skipIf(hasNoGalera)('two instances, each with its own Galera node,', () => {
  let nodes: [TestMariaDb, TestMariaDb]
  let first: TestApp
  let second: App
  let direct: [Connection, Connection]

  beforeAll(async () => {
    nodes = await startGalera()
    const url = new URL(await createDatabase(nodes[0].url))
    const other = new URL(url)
    other.port = String(nodes[1].port)
    direct = [await createConnection(url.href), await connectWhenThere(other.href)]
    await direct[0].query('set session wsrep_sync_wait = 1')
    first = await createTestApp({ backend: 'sqlite', env: { DATABASE_URL: url.href } })
    second = await createSecondInstance({ ...first, env: { ...first.env, DATABASE_URL: other.href } })
  }, 90_000)
  afterAll(async () => {
    await second?.close()
    await first?.close()
    await Promise.all((direct ?? []).map((connection) => connection.end()))
    await Promise.all((nodes ?? []).map((node) => node.stop()))
  })

  const onSecond = (token: string) => new TestClient(second.url, { token })

  it('know of each sign-up, sign-out and refresh at once', async () => {
    for (let i = 0; i < 15; i++) {
      const person = await signUp(first)
      const there = onSecond(person.accessToken)
      expect((await there.run('{ me { id } }')).data).toEqual({ me: { id: person.id } })
      const next = await refresh(first, person.refreshToken)
      const after = await refresh(second, next.data?.refresh?.refreshToken ?? '')
      expect([next.codes, after.codes]).toEqual([[], []])
      await person.client.get(LOG_OUT)
      expect((await there.run('{ me { id } }')).codes).toEqual(['UNAUTHENTICATED'])
    }
  })

  it('never accept a signed-out token while one node lags behind a large transaction', async () => {
    const person = await signUp(first)
    const there = onSecond(person.accessToken)
    const [here, lagging] = direct
    await here.query('create table bulk (id int primary key, a char(40), b char(40), key (a, b), key (b))')
    await here.query('insert into bulk select seq, md5(seq), sha1(seq) from seq_1_to_60000')
    await person.client.get(LOG_OUT)
    const codes: string[] = []
    const isStale = async () => {
      const [rows] = await lagging.query('select 1 from sessions where id = ?', [person.sessionId])
      return (rows as object[]).length > 0
    }
    let stale = 0
    for (const end = performance.now() + 20_000; performance.now() < end; stale++) {
      if (!(await isStale())) break
      codes.push(...(await there.run('{ me { id } }')).codes)
    }
    expect(stale).toBeGreaterThan(0)
    expect(codes).toHaveLength(stale)
    expect(codes.filter((code) => code !== 'UNAUTHENTICATED' && code !== 'SERVICE_UNAVAILABLE')).toEqual([])
    expect((await there.run('{ me { id } }')).codes).toEqual(['UNAUTHENTICATED'])
  })

  it('keep at most 64 values in a session', async () => {
    for (let round = 0; round < 3; round++) {
      const person = await signUp(first)
      const clients = [person.client, onSecond(person.accessToken)] as const
      for (const count of [30, 30, 2]) await person.client.get(keepMany(count))
      await Promise.all(Array.from({ length: 8 }, (_, i) => clients[i % 2]?.run(KEEP, { key: `new${i}` })))
      const [rows] = await direct[0].query('select count(*) as n from session_values where session_id = ?', [
        person.sessionId,
      ])
      expect(rows).toEqual([{ n: 64 }])
    }
  })

  it('leave one administrator where two demote each other', async () => {
    for (let round = 0; round < 6; round++) {
      const [ada, bob] = [await signUpAdmin(first), await signUpAdmin(second)]
      const answers = await Promise.all([
        onSecond(ada.accessToken).run(DEMOTE, { id: bob.id }),
        bob.client.run(DEMOTE, { id: ada.id }),
      ])
      const [rows] = await direct[0].query("select username from users where role = 'admin' and is_active")
      expect(rows).toHaveLength(1)
      expect(answers.flatMap(({ codes }) => codes)).toHaveLength(1)
      // The next round begins with none but its own.
      const [{ username }] = rows as [{ username: string }]
      await direct[0].query("update users set role = 'user' where username = ?", [username])
    }
  })
})
