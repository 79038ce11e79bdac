import type { ApolloServerPlugin } from '@apollo/server'
import { type App, type AppContext, defineFeature, session, type Viewer } from 'gatehouse'
import { Ctx, Mutation, Resolver } from 'type-graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bookmarks } from '../src/bookmark.feature.ts'
import { ask, type Backend, hasNoMariaDb, PASSWORD, signIn, signUp, startService } from './service.ts'

const SAVE =
  'mutation { saveBookmark(input: { url: "https://example.com/a", title: "A" }) { bookmark { id url title } } }'
const LIST = '{ bookmarks { nodes { url title } totalCount pageInfo { hasNextPage } } }'

interface List {
  bookmarks: { nodes: object[]; totalCount: number }
}

/** What a service writes inside of a transaction that fails afterwards. */
@Resolver()
class TrialResolver {
  @Mutation(() => Boolean, { nullable: true, description: 'Saves a bookmark, and rolls back.' })
  async saveAndFail(@Ctx() { viewer, services }: AppContext): Promise<boolean> {
    return services.saveAndFail(viewer.required)
  }
}

declare module 'gatehouse' {
  interface Services {
    saveAndFail(viewer: Viewer): Promise<boolean>
  }
}

let countInside = 0

const trial = defineFeature({
  name: 'trial',
  resolvers: [TrialResolver],
  access: { Mutation: { saveAndFail: session() } },
  services: ({ em, services }) => ({
    saveAndFail: (viewer) =>
      em.transactional(async () => {
        await services.bookmarks.save(viewer, { url: 'https://example.com/never' })
        countInside = (await services.bookmarks.list(viewer, {})).nodes.length
        throw new Error('Rolled back')
      }),
  }),
})

const resolved: string[] = []
const tracer: ApolloServerPlugin<AppContext> = {
  requestDidStart: async () => ({
    executionDidStart: async () => ({
      willResolveField({ info }) {
        resolved.push(`${info.parentType.name}.${info.fieldName}`)
      },
    }),
  }),
}

describe.for<Backend>(['sqlite', 'mysql'])('bookmarks on %s', (backend) => {
  describe.skipIf(backend === 'mysql' && hasNoMariaDb)('of a project that imports Gatehouse', () => {
    const statements: string[] = []
    let app: App

    beforeAll(async () => {
      const onQuery = (sql: string) => void statements.push(sql)
      app = await startService(backend, { features: [bookmarks, trial], plugins: [tracer], overrides: { onQuery } })
    })
    afterAll(() => app.close())

    it('are saved and listed to their owner alone', async () => {
      const [alice, bob] = [await signUp(app, 'alice'), await signUp(app, 'bob')]
      const saved = await ask<{ saveBookmark: object }>(app, SAVE, alice)
      expect(saved.codes).toEqual([])
      expect(saved.data.saveBookmark).toMatchObject({ bookmark: { url: 'https://example.com/a', title: 'A' } })
      const listed = await ask<List>(app, LIST, alice)
      expect(listed.data.bookmarks).toMatchObject({ nodes: [{ title: 'A' }], totalCount: 1 })
      expect((await ask<List>(app, LIST, bob)).data.bookmarks).toMatchObject({ nodes: [], totalCount: 0 })
    })

    it('are refused to strangers, and where they are no URL', async () => {
      expect((await ask(app, SAVE)).codes).toEqual(['UNAUTHENTICATED'])
      const carol = await signUp(app, 'carol')
      expect((await ask(app, SAVE.replace('https://example.com/a', 'javascript:1'), carol)).codes).toEqual([
        'BAD_USER_INPUT',
      ])
    })

    it('have a permission and an action in the schema of the service', async () => {
      const dora = await signUp(app, 'dora')
      await ask(app, SAVE, dora)
      const document = '{ me { role { permissions } activities(first: 1) { nodes { action } } } }'
      const { data } = await ask<{ me: { role: { permissions: string[] }; activities: object } }>(app, document, dora)
      expect(data.me.role.permissions).toContain('BOOKMARK_WRITE')
      expect(data.me.activities).toEqual({ nodes: [{ action: 'BOOKMARK_SAVED' }] })
    })

    it('are counted for all accounts of a list in one statement, for those who may', async () => {
      await app.createAdmin({ username: 'chief', email: 'chief@example.com', password: PASSWORD })
      const erin = await signUp(app, 'erin')
      await ask(app, SAVE, erin)
      statements.length = 0
      const document = '{ users { nodes { username bookmarkCount } } }'
      const { data } = await ask<{ users: { nodes: object[] } }>(app, document, await signIn(app, 'chief'))
      expect(data.users.nodes).toContainEqual({ username: 'erin', bookmarkCount: 1 })
      expect(data.users.nodes).toContainEqual({ username: 'chief', bookmarkCount: 0 })
      expect(statements.filter((sql) => sql.includes('bookmarks'))).toHaveLength(1)
      expect((await ask(app, '{ me { bookmarkCount } }', erin)).data).toEqual({ me: { bookmarkCount: 1 } })
    })

    it('are gone with the transaction of another, when it is rolled back', async () => {
      const frank = await signUp(app, 'frank')
      expect((await ask(app, 'mutation { saveAndFail }', frank)).codes).toEqual(['INTERNAL_SERVER_ERROR'])
      expect(countInside).toBe(1)
      const document = '{ bookmarks { totalCount } me { activities { nodes { action } } } }'
      const { data } = await ask<{ bookmarks: object; me: { activities: { nodes: object[] } } }>(app, document, frank)
      expect(data.bookmarks).toEqual({ totalCount: 0 })
      expect(data.me.activities.nodes).not.toContainEqual({ action: 'BOOKMARK_SAVED' })
    })

    it('are seen by a plugin of Apollo Server, field by field', async () => {
      const gina = await signUp(app, 'gina')
      resolved.length = 0
      await ask(app, LIST, gina)
      expect(resolved).toEqual(expect.arrayContaining(['Query.bookmarks', 'BookmarkConnection.totalCount']))
    })
  })
})
