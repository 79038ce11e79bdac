import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import type { GraphQLFault } from '../support/client.ts'
import { hammerSqlite, holdSqliteLock } from '../support/sqlite-holder.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'
import { login, refresh, register, rename, timed } from './faults.ts'

describe('while a second process holds the lock of an SQLite file', () => {
  let app: TestApp
  let person: Person
  let chief: Person
  let file: string

  beforeAll(async () => {
    app = await createTestApp({ backend: 'sqlite' })
    file = app.env.DATABASE_URL?.replace('sqlite:', '') ?? ''
    person = await signUp(app)
    chief = await signUpAdmin(app)
  })
  afterAll(() => app.close())

  it('for a moment, a write waits for it', async () => {
    const { ended } = await holdSqliteLock(file, 350)
    expect((await rename(person.client, 'Patient')).codes).toEqual([])
    await ended
    expect(await person.client.get('{ me { displayName } }')).toEqual({ me: { displayName: 'Patient' } })
  })

  it('for long, reads go on, writes answer SERVICE_UNAVAILABLE in time, and nothing of them is done', async () => {
    const { ended } = await holdSqliteLock(file, 6000)
    expect((await person.client.run('{ me { displayName } }')).codes).toEqual([])
    const writes = [
      () => rename(person.client, 'Impatient'),
      () => register(app, 'impatient'),
      () => login(app, person.username),
      () => refresh(app, person.refreshToken),
    ]
    for (const write of writes) {
      const { result, ms } = await timed<{ errors: GraphQLFault[] }>(write)
      expect(result.errors.map(({ extensions }) => extensions)).toEqual([{ code: 'SERVICE_UNAVAILABLE' }])
      expect(ms).toBeLessThan(3000)
    }
    await ended
    expect(await person.client.get('{ me { displayName } sessions: me { sessions { id } } }')).toEqual({
      me: { displayName: 'Patient' },
      sessions: { sessions: [{ id: person.sessionId }] },
    })
    expect(await chief.client.get('{ users(filter: { search: "impatient" }) { totalCount } }')).toEqual({
      users: { totalCount: 0 },
    })
    expect((await refresh(app, person.refreshToken)).codes).toEqual([])
  })

  it('over and over, every write of the service is done, once', async () => {
    const { ended } = await hammerSqlite(file, 3000)
    let done = 0
    for (let isOver = false; !isOver; done++) {
      expect((await rename(person.client, `Name ${done}`)).codes).toEqual([])
      isOver = await Promise.race([
        ended.then(() => true),
        new Promise<false>((resolve) => setTimeout(resolve, 20, false)),
      ])
    }
    const query = '{ me { displayName activities(filter: { actions: [PROFILE_UPDATED] }) { totalCount } } }'
    expect(await person.client.get(query)).toEqual({
      me: { displayName: `Name ${done - 1}`, activities: { totalCount: done + 1 } },
    })
    expect(done).toBeGreaterThan(3)
  })
})
