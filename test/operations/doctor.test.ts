import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../src/clock.ts'
import { diagnose } from '../../src/operations/doctor/doctor.ts'
import type { Finding } from '../../src/operations/doctor/finding.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { temporaryFolder } from '../support/built-service.ts'
import { MailServer } from '../support/mail-server.ts'
import { openSql, type Sql } from '../support/sql.ts'

const DAY_MS = 86_400_000

describeEachBackend('doctor', (backend) => {
  let app: TestApp
  let sql: Sql

  beforeAll(async () => {
    app = await createTestApp({ backend })
    sql = await openSql(app)
  })
  afterAll(async () => {
    await sql.close()
    await app.close()
  })

  async function findings(env: Record<string, string> = {}, clock: Clock = systemClock): Promise<Finding[]> {
    return diagnose({ ...app.env, ...env }, clock)
  }
  const faults = (found: Finding[]) => found.filter(({ status }) => status === 'fault').map(({ check }) => check)

  it('finds nothing wrong with a service that runs, and says what it looked at', async () => {
    const found = await findings()
    expect(faults(found)).toEqual([])
    const checks = ['settings', 'folders', 'database', 'clock', 'migrations', 'signing keys', 'Redis']
    const mysql = ['collation', 'time zone', 'keys of accounts']
    expect(found.map(({ check }) => check)).toEqual(expect.arrayContaining([...checks, ...(sql.isSqlite ? [] : mysql)]))
    expect(found.every(({ status }) => status === 'ok')).toBe(true)
  })

  it('tells every fault of the settings without a value, names that are near others, and what to do', async () => {
    const found = await findings({ PORT: 'hunter2', BODY_LIMIT: 'x', CORS_ORIGIN: 'hunter2' })
    expect(faults(found)).toEqual(['settings', 'settings'])
    expect(found).toContainEqual(expect.objectContaining({ status: 'warning', message: 'CORS_ORIGIN is not read.' }))
    expect(JSON.stringify(found)).not.toContain('hunter2')
    for (const { status, advice } of found)
      expect(advice !== undefined).toBe(status === 'fault' || status === 'warning')
  })

  it('tells of a database and a Redis that are away, without their addresses', async () => {
    const found = await findings({
      DATABASE_URL: 'mysql://gate:hunter2-secret@127.0.0.1:1/gatehouse',
      REDIS_URL: 'redis://127.0.0.1:1',
    })
    expect(faults(found)).toEqual(['database', 'Redis'])
    expect(JSON.stringify(found)).not.toMatch(/hunter2|127\.0\.0\.1/)
  })

  it('tells of a mail server that is away, or refuses the credentials, by codes alone', async () => {
    const server = await MailServer.start({ auth: { user: 'gate', password: 'hunter2' } })
    const mail = async (MAIL_URL: string) => (await findings({ MAIL_URL })).filter(({ check }) => check === 'mail')
    const { host } = new URL(server.url)
    expect(await mail(`smtp://gate:hunter2@${host}`)).toMatchObject([{ status: 'ok' }])
    const [refused] = await mail(`smtp://gate:wrong@${host}`)
    await server.stop()
    expect(refused).toMatchObject({ status: 'fault', message: expect.stringContaining('535') })
    const [away] = await mail(`smtp://gate:hunter2@${host}`)
    expect(away).toMatchObject({ status: 'fault', message: expect.stringMatching(/ECONN|ESOCKET/) })
    expect(JSON.stringify([refused, away])).not.toMatch(/hunter2|gate|127/)
  })

  it('tells of pending migrations', async () => {
    await sql.run("update mikro_orm_migrations set name = 'gone' where name like '%row_locks'")
    const found = await findings()
    await sql.run("update mikro_orm_migrations set name = 'Migration20261128121755_row_locks' where name = 'gone'")
    expect(found).toContainEqual(
      expect.objectContaining({
        check: 'migrations',
        status: 'fault',
        message: expect.stringMatching(/pending: .*row_locks/),
      }),
    )
  })

  it('tells of keys that SECRET_KEY does not decrypt, and advises a new one after a year', async () => {
    expect(faults(await findings({ SECRET_KEY: 'another key' }))).toEqual(['signing keys'])
    const later = await findings({}, () => new Date(Date.now() + 366 * DAY_MS))
    expect(later).toContainEqual(expect.objectContaining({ check: 'signing keys', status: 'warning' }))
  })

  it('tells of a clock more than 2 seconds from that of the database', async () => {
    const at = (seconds: number) => findings({}, () => new Date(Date.now() + seconds * 1000))
    expect(faults(await at(-5))).toEqual(sql.isSqlite ? [] : ['clock'])
    expect(faults(await at(1))).toEqual([])
  })

  it('tells of key columns that two spellings of a name would share', async () => {
    if (sql.isSqlite) return
    const change = (collation: string) =>
      sql.run(`alter table users modify username_key varchar(64) character set utf8mb4 collate ${collation} not null`)
    await change('utf8mb4_unicode_ci')
    const found = await findings()
    await change('utf8mb4_bin')
    expect(faults(found)).toEqual(['keys of accounts'])
  })

  it('tells of a folder that cannot be written, and leaves nothing in one that can', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    expect(faults(await findings({ LOG_FILE: join(folder, 'file/gatehouse.log') }))).toEqual(['folders'])
    expect(faults(await findings({ LOG_FILE: join(folder, 'logs/gatehouse.log') }))).toEqual([])
    expect(readdirSync(folder)).toEqual(['file'])
    rmSync(folder, { recursive: true })
  })
})
