import { Writable } from 'node:stream'
import { afterEach, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { openSql, refuseInserts, type Sql } from '../support/sql.ts'
import { signUp } from '../support/story.ts'

const RENAME = 'mutation { updateProfile(input: { displayName: "New" }) { user { displayName } } }'
const NAME = '{ me { displayName } }'

/** A trigger makes the database refuse the rows. */
describeEachBackend('activity that cannot be written', (backend) => {
  let app: TestApp
  let sql: Sql

  const start = async (env: Record<string, string>) => {
    const lines: string[] = []
    const logDestination = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      },
    })
    app = await createTestApp({ backend, env: { LOG_LEVEL: 'error', ...env }, logDestination })
    sql = await openSql(app)
    return lines
  }

  afterEach(async () => {
    await sql.close()
    await app.close()
  })

  it('does not fail what it tells of, and is logged as an error (ASVS 16.3.4)', async () => {
    const lines = await start({})
    const { client } = await signUp(app)
    const { end } = await refuseInserts(sql, 'activities')
    expect(await client.get(RENAME)).toEqual({ updateProfile: { user: { displayName: 'New' } } })
    await end()
    expect(await client.get(NAME)).toEqual({ me: { displayName: 'New' } })
    const [line, ...more] = lines.map((text) => JSON.parse(text) as { msg: string; actions: string[] })
    expect(line).toMatchObject({ msg: 'Activity not written', actions: ['PROFILE_UPDATED'] })
    expect(more).toEqual([])
  })

  it('fails what it tells of with AUDIT_REQUIRED, and nothing has changed', async () => {
    await start({ AUDIT_REQUIRED: 'true' })
    const { client } = await signUp(app)
    const { end } = await refuseInserts(sql, 'activities')
    const { data, codes } = await client.run(RENAME)
    expect([data, codes]).toEqual([{ updateProfile: null }, ['SERVICE_UNAVAILABLE']])
    await end()
    expect(await client.get(NAME)).toEqual({ me: { displayName: null } })
  })
})
