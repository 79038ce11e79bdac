import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { signIn, signUp, signUpAdmin } from '../support/story.ts'

describeEachBackend('signing in', (backend) => {
  let app: TestApp

  beforeAll(async () => {
    app = await createTestApp({ backend })
  })
  afterAll(() => app.close())

  it('takes a username or an e-mail address, in any case', async () => {
    const alice = await signUp(app, 'Alice')
    expect((await signIn(app, alice.username.toUpperCase())).id).toBe(alice.id)
    expect((await signIn(app, ` ${alice.email.toUpperCase()} `)).id).toBe(alice.id)
    const chief = await signUpAdmin(app)
    expect(await chief.client.get('{ users { nodes { username } totalCount } }')).toEqual({
      users: { nodes: [{ username: chief.username }, { username: alice.username }], totalCount: 2 },
    })
  })
})
