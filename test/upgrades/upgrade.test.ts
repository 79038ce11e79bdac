import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { type App, createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openOperator } from '../../src/operations/operator.ts'
import { type Backend, describeEachBackend } from '../support/app.ts'
import { Browser } from '../support/browser.ts'
import { TestClient } from '../support/client.ts'
import { createDatabase } from '../support/mariadb.ts'
import { codesOf, login, refresh, refreshed } from '../support/tokens.ts'
import { DUMP_SETTINGS, type Story, textOf } from './story.ts'

/** Made by `dump.ts` with the version whose newest migration has this name. */
const DUMP = 'row-locks'

const ROLES = '{ roles { name isBuiltIn userCount permissions } activities(first: 1) { nodes { apiKeyId } } }'
const OF_USER = ['PROFILE_READ', 'PROFILE_UPDATE', 'PROFILE_DELETE', 'ACTIVITY_READ_OWN']

async function load(backend: Backend, folder: string): Promise<string> {
  const dump = await readFile(join(import.meta.dirname, `${DUMP}.${backend}.sql`), 'utf8')
  if (backend === 'sqlite') {
    const path = join(folder, 'gatehouse.db')
    const database = new DatabaseSync(path)
    database.exec(dump)
    database.close()
    return `sqlite:${path}`
  }
  const url = await createDatabase(inject('mariaDbUrl') ?? '')
  const connection = await createConnection({ uri: url, multipleStatements: true })
  await connection.query(dump)
  await connection.end()
  return url
}

// In the order of the file: what is asked first must not depend on what is done later.
describeEachBackend('after an upgrade', (backend) => {
  let folder: string
  let story: Story
  let app: App

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-upgrade-'))
    story = JSON.parse(await readFile(join(import.meta.dirname, `${DUMP}.${backend}.json`), 'utf8')) as Story
    const config = readConfig({
      ...DUMP_SETTINGS,
      MIGRATE_ON_START: 'false',
      DATABASE_URL: await load(backend, folder),
    })
    const operator = await openOperator(config)
    await operator.migrate()
    expect((await operator.migrationStatus()).filter(({ executedAt }) => executedAt === null)).toEqual([])
    await operator.close()
    app = await createApp(config)
  })
  afterAll(async () => {
    await app?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const tokenOf = (holder: string) => textOf(story.accessTokens[holder] ?? '')

  it('access tokens are good, and accounts, sessions, values, activity and cursors are what they were', async () => {
    expect(story.answers.length).toBeGreaterThan(3)
    for (const { by, query, after, data } of story.answers) {
      const variables = { after: after && textOf(after) }
      expect(await new TestClient(app.url).get(query, variables, { token: tokenOf(by) })).toEqual(data)
    }
    expect(await codesOf(app, textOf(story.browserAccessToken))).toEqual([])
  })

  it('the roles are there that accounts have, with what they permitted', async () => {
    const client = new TestClient(app.url, { token: tokenOf('chief') })
    expect(await client.get(ROLES)).toEqual({
      roles: [
        { name: 'admin', isBuiltIn: true, userCount: 1, permissions: expect.arrayContaining(['ROLE_MANAGE']) },
        { name: 'user', isBuiltIn: true, userCount: story.usernames.length, permissions: OF_USER },
      ],
      activities: { nodes: [{ apiKeyId: null }] },
    })
  })

  it('a browser refreshes with its cookie and csrf token, and not without', async () => {
    const browser = new Browser(app)
    for (const [name, value] of Object.entries(story.cookies)) browser.cookies.set(name, textOf(value))
    expect((await browser.refresh()).codes).toEqual(['CSRF_FAILED'])
    expect((await browser.refresh(tokenOf('alice'))).codes).toEqual(['CSRF_FAILED'])
    const first = await browser.refresh(textOf(story.csrfToken))
    expect(first.codes).toEqual([])
    expect(await codesOf(app, first.data?.refresh?.accessToken ?? '')).toEqual([])
    // The csrf token of a session stays good while pages that know it are open.
    expect((await browser.refresh(textOf(story.csrfToken))).codes).toEqual([])
    expect((await browser.refresh(first.data?.refresh?.csrfToken)).codes).toEqual([])
  })

  it('refresh tokens are good once, and one used before the upgrade ends its session', async () => {
    for (const token of story.refreshTokens) {
      const next = await refreshed(app, textOf(token))
      expect(await codesOf(app, next.accessToken)).toEqual([])
      await refreshed(app, next.refreshToken)
    }
    expect((await refresh(app, textOf(story.usedRefreshToken))).codes).toEqual(['REFRESH_TOKEN_REUSED'])
    expect(await codesOf(app, tokenOf('alice'))).toEqual(['UNAUTHENTICATED'])
    expect(await codesOf(app, tokenOf('chief'))).toEqual([])
  })

  it('everybody signs in with the password from before, and a disabled account does not', async () => {
    for (const username of story.usernames) {
      expect((await login(app, username)).codes).toEqual([])
      expect((await login(app, `${username}@EXAMPLE.com`)).codes).toEqual([])
      expect((await login(app, username, 'not the password')).codes).toEqual(['INVALID_CREDENTIALS'])
    }
    expect((await login(app, story.disabled)).codes).not.toEqual([])
  })
})
