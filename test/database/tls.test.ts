import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { CompiledQuery, Kysely } from 'kysely'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createMysqlDialect } from '../../src/database/mysql.ts'
import { openOperator } from '../../src/operations/operator.ts'
import { plainMessage } from '../../src/process/plain-message.ts'
import { type Certificates, createCertificates } from '../support/certificates.ts'
import { hasNoMariaDb } from '../support/installed.ts'
import { createDatabase, startMariaDb, type TestMariaDb } from '../support/mariadb.ts'

describe.skipIf(hasNoMariaDb)('TLS to the database', () => {
  let folder: string
  let server: TestMariaDb
  let url: string
  let certificates: Certificates
  const file = (name: string) => join(folder, name)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-tls-'))
    await install('DNS:localhost')
    server = await startMariaDb([`--ssl-cert=${file('certificate')}`, `--ssl-key=${file('private')}`])
    url = await createDatabase(server.url)
    await asRoot('set global require_secure_transport = on')
  }, 60_000)
  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** A new authority and certificate, in the files that the server reads. */
  async function install(names: string): Promise<void> {
    certificates = createCertificates(names)
    await writeFile(file('authority'), certificates.authority)
    await writeFile(file('certificate'), certificates.certificate)
    await writeFile(file('private'), certificates.key)
  }

  async function asRoot(statement: string): Promise<void> {
    const connection = await createConnection({ uri: server.url, ssl: { rejectUnauthorized: false } }).catch(() =>
      createConnection(server.url),
    )
    await connection.query(statement)
    await connection.end()
  }

  const configOf = (env: Record<string, string>, host = '127.0.0.1') =>
    readConfig({
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      PORT: '0',
      SECRET_KEY: 'none',
      DATABASE_URL: url.replace('127.0.0.1', host),
      ...env,
    })

  /** What the command `migrate` prints, or nothing where it succeeds. */
  async function faultOf(env: Record<string, string>, host?: string): Promise<string> {
    const operator = await openOperator(configOf(env, host))
    try {
      await operator.migrate()
      return ''
    } catch (error) {
      return plainMessage(error)
    } finally {
      await operator.close()
    }
  }
  const unavailable = (reason: string) => `The database is not available (${reason}).`
  const OTHER_HOST = unavailable("The database's certificate is for another host than the one in DATABASE_URL")
  const UNKNOWN = unavailable("The database's certificate is of an authority that is not known: see DATABASE_CA_FILE")

  it('off: a server that insists on it lets nobody in', async () => {
    // MySQL has an error of its own, MariaDB has not.
    expect(await faultOf({})).toBe(unavailable('Database error ER_ACCESS_DENIED_ERROR'))
    const error = Object.assign(new Error('Connections using insecure transport are prohibited'), {
      code: 'ER_SECURE_TRANSPORT_REQUIRED',
    })
    expect(plainMessage(error)).toBe(unavailable('The server refuses connections without TLS: set DATABASE_TLS'))
  })

  it('on: migrations and the service run encrypted, whatever the certificate', async () => {
    expect(await faultOf({ DATABASE_TLS: 'on' })).toBe('')
    const app = await createApp(configOf({ DATABASE_TLS: 'on' }))
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(200)
    await app.close()
  })

  it('verify: the authority of the file and the host name have to be right', async () => {
    const right = { DATABASE_TLS: 'verify', DATABASE_CA_FILE: file('authority') }
    expect(await faultOf(right, 'localhost')).toBe('')
    const app = await createApp(configOf(right, 'localhost'))
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(200)
    await app.close()
    await writeFile(file('other'), createCertificates().authority)
    expect(await faultOf({ ...right, DATABASE_CA_FILE: file('other') }, 'localhost')).toBe(UNKNOWN)
    expect(await faultOf({ DATABASE_TLS: 'verify' }, 'localhost')).toBe(UNKNOWN)
    expect(await faultOf(right, '127.0.0.1')).toBe(OTHER_HOST)
  })

  it('verify: an address has to stand in the certificate, and a name in it does not count for that', async () => {
    const right = { DATABASE_TLS: 'verify', DATABASE_CA_FILE: file('authority') }
    await install('IP:127.0.0.1')
    await asRoot('flush ssl')
    expect(await faultOf(right, '127.0.0.1')).toBe('')
    expect(await faultOf(right, 'localhost')).toBe(OTHER_HOST)
  })

  it('a server without it is told as such', async () => {
    const plain = configOf({ DATABASE_TLS: 'on', DATABASE_URL: await createDatabase(inject('mariaDbUrl') ?? '') })
    const operator = await openOperator(plain)
    const error: unknown = await operator.migrate().catch((thrown: unknown) => thrown)
    await operator.close()
    expect(plainMessage(error)).toBe(unavailable('The server does not offer the TLS that DATABASE_TLS asks for'))
  })

  it('connections in use stay open, and idle ones are closed, as without it', async () => {
    const { database } = configOf({ DATABASE_TLS: 'on', DATABASE_POOL_SIZE: '1' })
    const kysely = new Kysely<object>({ dialect: createMysqlDialect(database, { timeoutMs: 1_500, idleMs: 400 }) })
    onTestFinished(() => kysely.destroy())
    const connection = async () =>
      (await kysely.executeQuery<{ id: number }>(CompiledQuery.raw('select connection_id() as id'))).rows[0]?.id
    const first = await connection()
    for (let round = 0; round < 6; round += 1) {
      await pause(100)
      expect(await connection()).toBe(first)
    }
    await pause(800)
    expect(await connection()).not.toBe(first)
  })
})
