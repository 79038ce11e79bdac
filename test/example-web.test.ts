import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, rmSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from './support/built-service.ts'
import { freePort } from './support/server-process.ts'
import { isWebAppMissing } from './support/web-app.ts'

const PARTS = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'schema.graphql',
  'src',
  'migrations',
  'explorer',
]
const INSTALLED = ['node_modules', 'examples/web/node_modules']
const PATIENCE = { timeout: 50_000, interval: 200 }

describe.skipIf(isWebAppMissing('npm run example:web'))('npm run example:web', () => {
  let folder: string
  let example: ChildProcess
  let service: string
  let page: string

  beforeAll(async () => {
    folder = temporaryFolder()
    const filter = (path: string) => !INSTALLED.includes(path)
    for (const part of [...PARTS, 'tools', 'packages/client/src', 'examples/web'])
      cpSync(part, join(folder, part), { recursive: true, filter })
    for (const part of INSTALLED) symlinkSync(resolve(part), join(folder, part))
    const [port, webPort] = [await freePort(), await freePort()]
    service = `http://127.0.0.1:${port}`
    page = `http://localhost:${webPort}`
    const env = { PATH: process.env.PATH, PORT: String(port), WEB_PORT: String(webPort) }
    example = spawn(process.execPath, ['tools/example-web.ts'], { cwd: folder, env, stdio: 'ignore' })
  })
  afterAll(() => {
    example?.kill('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  })

  const status = (url: string) =>
    fetch(url).then(
      (answer) => answer.status,
      () => 'nobody answers',
    )
  const ask = async () => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ query: '{ can(permission: USER_READ) { reason } }' })
    return (await fetch(`${page}/graphql`, { method: 'POST', headers, body })).json()
  }

  it('starts the service and the app, which share an origin, and ends both', async () => {
    await expect.poll(() => status(`${service}/health/ready`), PATIENCE).toBe(200)
    await expect.poll(() => status(`${page}/app/`), PATIENCE).toBe(200)
    expect(await ask()).toEqual({ data: { can: { reason: 'UNAUTHENTICATED' } } })
    const ended = once(example, 'exit')
    example.kill('SIGTERM')
    await ended
    await expect.poll(() => status(`${page}/app/`), PATIENCE).toBe('nobody answers')
    await expect.poll(() => status(`${service}/health/ready`), PATIENCE).toBe('nobody answers')
  }, 120_000)
})
