import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { blocksOf, readPage } from './docs/pages.ts'
import { createTestApp, describeEachBackend, type TestApp } from './support/app.ts'
import { TestClient } from './support/client.ts'

describeEachBackend('the README', (backend) => {
  let app: TestApp

  beforeAll(async () => {
    app = await createTestApp({ backend })
  })
  afterAll(() => app.close())

  it('has a first query that answers as it says, and queries after it that work', async () => {
    const body = block('sh', 'curl -s').match(/-d '(.*)'/s)?.[1] ?? ''
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body })
    expect(await response.text()).toBe(`${block('json', '{"data"').trim()}\n`)
    const client = new TestClient(app.url)
    const { login } = await client.get<{ login: { accessToken: string } }, object>(block('graphql', 'login('))
    const me = await client.get(block('graphql', 'me {'), {}, { token: login.accessToken })
    expect(me).toMatchObject({ me: { username: 'alice', sessions: [{ isCurrent: true }] } })
  })

  it('starts the service as npm and the image do', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
    const command = /^CMD (\[.*\])$/m.exec(readFileSync('Dockerfile', 'utf8'))?.[1] ?? '[]'
    expect(scripts.start).toBe((JSON.parse(command) as string[]).join(' '))
    expect(readPage('README.md')).toContain(`\n${scripts.start} `)
  })
})

/** The first fenced block of a language that holds a text. */
function block(language: string, text: string): string {
  return blocksOf('README.md').find((found) => found.language === language && found.text.includes(text))?.text ?? ''
}
