import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { PASSWORD, signUp, signUpAdmin } from '../support/story.ts'
import { activities, codesOf, login } from '../support/tokens.ts'

const WRONG = 'wrong password 1'

describeEachBackend('the work of a login', (backend) => {
  let app: TestApp

  beforeAll(async () => {
    const env = {
      PASSWORD_HASH_MEMORY_KIB: '8192',
      PASSWORD_HASH_ITERATIONS: '2',
      PASSWORD_HASH_CONCURRENCY: '1',
    }
    app = await createTestApp({ backend, env })
  })
  afterAll(() => app.close())

  it('is the same for an unknown account, so that time tells nothing (ASVS 6.3.8)', async () => {
    const { username } = await signUp(app)
    const known: number[] = []
    const unknown: number[] = []
    for (let round = 0; round < 25; round++) {
      known.push(await timeOf(username))
      unknown.push(await timeOf(`nobody${round}`))
    }
    // Without the hash of the decoy the time would be a tenth.
    expect(medianOf(unknown) / medianOf(known)).toBeGreaterThan(0.6)
    expect(medianOf(unknown) / medianOf(known)).toBeLessThan(1.6)
  })

  it('is bounded: of 200 at once those that cannot wait are refused at once, and others stay quick', async () => {
    const chief = await signUpAdmin(app)
    const person = await signUp(app)
    const order: string[] = []
    const logins = Array.from({ length: 200 }, async () => {
      const { codes } = await login(app, person.username, WRONG)
      order.push(codes[0] ?? 'ok')
    })
    await pause(100)
    const client = new TestClient(app.url, { token: person.accessToken })
    await client.get('{ me { id } }')
    expect(order.filter((code) => code === 'INVALID_CREDENTIALS').length).toBeLessThan(60)
    await Promise.all(logins)
    const served = order.filter((code) => code === 'INVALID_CREDENTIALS').length
    expect(served).toBeGreaterThanOrEqual(65)
    expect(order.filter((code) => code === 'SERVICE_UNAVAILABLE')).toHaveLength(200 - served)
    expect(order.lastIndexOf('SERVICE_UNAVAILABLE')).toBeLessThan(order.lastIndexOf('INVALID_CREDENTIALS'))
    const filter = { userId: person.id, actions: ['USER_LOGIN_FAILED'] }
    expect((await activities(chief.client, filter)).length).toBe(Math.min(served, 100))
  })

  it('lets nobody in whose account was disabled while the password was checked', async () => {
    const chief = await signUpAdmin(app)
    const { username, id } = await signUp(app)
    const logins = Array.from({ length: 20 }, () => login(app, username))
    await pause(50)
    await chief.client.get(
      'mutation ($id: ID!) { updateUser(input: { userId: $id, isActive: false }) { user { id } } }',
      {
        id,
      },
    )
    const answers = await Promise.all(logins)
    expect(answers.at(-1)?.codes).toEqual(['ACCOUNT_DISABLED'])
    for (const { data } of answers)
      expect(await codesOf(app, data?.login?.accessToken ?? '')).toEqual(['UNAUTHENTICATED'])
  })

  it('lets nobody in whose password was changed while it was checked', async () => {
    const { username, client } = await signUp(app)
    const input = `{ currentPassword: "${PASSWORD}", newPassword: "another long password 2" }`
    const change = client.get(`mutation { changePassword(input: ${input}) { revokedSessions } }`)
    const logins: ReturnType<typeof login>[] = []
    while (logins.length < 30) {
      logins.push(login(app, username))
      await pause(5)
    }
    await change
    const answers = await Promise.all(logins)
    expect(answers.at(-1)?.codes).toEqual(['INVALID_CREDENTIALS'])
    for (const { data } of answers)
      expect(await codesOf(app, data?.login?.accessToken ?? '')).toEqual(['UNAUTHENTICATED'])
  })

  async function timeOf(identifier: string): Promise<number> {
    const startedAt = performance.now()
    expect((await login(app, identifier, WRONG)).codes).toEqual(['INVALID_CREDENTIALS'])
    return performance.now() - startedAt
  }
})

function medianOf(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}
