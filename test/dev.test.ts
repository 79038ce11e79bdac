import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from './support/built-service.ts'
import { freePort } from './support/server-process.ts'

const PARTS = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'src', 'migrations', 'explorer', 'tools']
const REFUSAL = 'Sign in first.'

let folder: string
let url: string
let dev: ChildProcess
let output = ''

beforeAll(async () => {
  folder = temporaryFolder()
  for (const part of PARTS) cpSync(part, join(folder, part), { recursive: true })
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  const port = String(await freePort())
  url = `http://127.0.0.1:${port}`
  // In its own process group, so that npm, Node's watcher and the service end together.
  dev = spawn('npm', ['run', 'dev'], { cwd: folder, env: { PATH: process.env.PATH, PORT: port }, detached: true })
  for (const stream of [dev.stdout, dev.stderr])
    stream?.on('data', (text) => {
      output += String(text)
    })
})
afterAll(async () => {
  const ended = once(dev, 'exit')
  process.kill(-(dev.pid ?? 0), 'SIGINT')
  await ended
  rmSync(folder, { recursive: true, force: true })
})

const refusal = () =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ me { id } }' }),
  }).then(
    async (response) => ((await response.json()) as { errors: { message: string }[] }).errors[0]?.message,
    () => 'nobody answers',
  )

const change = (from: string, to: string) => {
  const file = join(folder, 'src/errors.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
}

it('npm run dev serves, again after each change, and waits where a change is none that compiles', async () => {
  const patience = { timeout: 40_000, interval: 200 }
  await expect.poll(refusal, patience).toBe(REFUSAL)
  change(REFUSAL, 'Come in first.')
  await expect.poll(refusal, patience).toBe('Come in first.')
  change("'Come in first.'", '42')
  await expect.poll(() => output, patience).toContain('error TS')
  change('42', "'Welcome.'")
  await expect.poll(refusal, patience).toBe('Welcome.')
}, 180_000)
