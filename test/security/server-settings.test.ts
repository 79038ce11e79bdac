import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { openDatabaseOf } from '../support/database.ts'
import { hasNoMariaDb } from '../support/installed.ts'
import { createDatabase, startMariaDb, type TestMariaDb } from '../support/mariadb.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'

const RENAME =
  'mutation ($displayName: String) { updateProfile(input: { displayName: $displayName }) { user { displayName } } }'

/** Gives every account the role admin if the quote ends the text: `admin` in hexadecimal digits. */
const PROMOTION = "', role = 0x61646d696e #"

/** Settings that a server may have for other programs. They change how texts in statements are read. */
const SETTINGS = [
  { name: 'SQL modes', options: ['--sql-mode=NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT'] },
  { name: 'characters', options: ['--character-set-server=gbk', '--skip-character-set-client-handshake'] },
]

describe.skipIf(hasNoMariaDb).each(SETTINGS)('on a server with $name of its own', ({ options }) => {
  let database: TestMariaDb
  let app: TestApp
  let person: Person

  beforeAll(async () => {
    database = await startMariaDb(options)
    app = await createTestApp({ backend: 'sqlite', env: { DATABASE_URL: await createDatabase(database.url) } })
    await signUpAdmin(app)
    person = await signUp(app)
  }, 60_000)
  afterAll(async () => {
    await app.close()
    await database.stop()
  })

  it.each([
    ['a quote', `x${PROMOTION}`],
    ['a backslash and a quote', `\\${PROMOTION}`],
    ['two bytes of one character and a quote', `\u4e3f${PROMOTION}`],
    ['quotes, bars and a backslash', `\\' "b" || 'c' \\`],
    ['four bytes', '\u{1f600} \u00fc'],
  ])('%s stays a text (ASVS 1.2.4)', async (_, displayName) => {
    const renamed = await person.client.run(RENAME, { displayName })
    expect(renamed.data).toEqual({ updateProfile: { user: { displayName } } })
    const me = await person.client.get('{ me { displayName role { name } } }')
    expect(me).toEqual({ me: { displayName, role: { name: 'user' } } })
  })
})

it.skipIf(hasNoMariaDb)(
  'on a server that refuses the settings nothing is read or written',
  async () => {
    const database = await startMariaDb(['--skip-innodb', '--default-storage-engine=Aria'])
    const DATABASE_URL = await createDatabase(database.url)
    const orm = await openDatabaseOf({ DATABASE_URL })
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const refusal = { code: 'ER_UNKNOWN_SYSTEM_VARIABLE' }
      await expect(orm.em.getConnection().execute('select 1')).rejects.toMatchObject(refusal)
    }
    await orm.close()
    await database.stop()
  },
  60_000,
)
