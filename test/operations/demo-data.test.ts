import { expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { openOperator } from '../../src/operations/operator.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { NO_PROGRESS } from '../support/import.ts'
import { signUpAdmin } from '../support/story.ts'
import { login } from '../support/tokens.ts'

async function addDemoData(
  { env }: TestApp,
  users: number,
  activities: number,
  isConfirmed = false,
): Promise<string[]> {
  const operator = await openOperator(readConfig(env))
  const lines: string[] = []
  const print = (line: string) => lines.push(line)
  try {
    await operator.addDemoData({ users, activities, isConfirmed, print, progress: NO_PROGRESS })
  } finally {
    await operator.close()
  }
  return lines
}

describeEachBackend('demo-data', (backend) => {
  it('adds accounts that can sign in, and activity; a second run adds the same names no second time', async () => {
    const app = await createTestApp({ backend })
    const chief = await signUpAdmin(app)
    const [told, password] = await addDemoData(app, 600, 700)
    expect(told).toBe('Added: 600 accounts and 700 activities; 0 accounts were there')
    const list =
      '{ users(first: 100, filter: { isActive: true }) { totalCount nodes { username displayName } } activities { totalCount } }'
    const before = await chief.client.get<{ users: { nodes: { username: string }[] } }, object>(list)
    const someone = before.users.nodes.find(({ username }) => /\d$/.test(username) && !username.startsWith('chief'))
    expect((await login(app, someone?.username ?? '', password?.split(': ')[1])).codes).toEqual([])
    expect((await addDemoData(app, 601, 0))[0]).toBe('Added: 1 accounts and 0 activities; 600 accounts were there')
    await app.close()
  })

  it('is refused in production, unless it is confirmed', async () => {
    const app = await createTestApp({ backend })
    const env = {
      NODE_ENV: 'production',
      MIGRATE_ON_START: 'true',
      PASSWORD_HASH_MEMORY_KIB: '19456',
      PASSWORD_HASH_ITERATIONS: '2',
    }
    const production = { ...app, env: { ...app.env, ...env } }
    await expect(addDemoData(production, 1, 0)).rejects.toThrow(/^This is production/)
    expect((await addDemoData(production, 1, 1, true))[0]).toMatch(/^Added: 1 accounts/)
    await app.close()
  })
})
