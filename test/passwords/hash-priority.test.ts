import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Build, buildService, post, Run, temporaryFolder } from '../support/built-service.ts'

const LOGIN = 'mutation { login(input: { identifier: "admin", password: "not this one" }) { accessToken } }'

let build: Build
let folder: string
let run: Run

beforeAll(async () => {
  build = buildService()
  folder = temporaryFolder()
  run = new Run(build.main, [], { cwd: folder })
}, 60_000)
afterAll(async () => {
  await run.stop()
  build.remove()
  rmSync(folder, { recursive: true, force: true })
})

it.runIf(process.platform === 'linux')('hashes have a lower priority than what answers requests', async () => {
  const url = await run.ready()
  await Promise.all(Array.from({ length: 4 }, () => post(url, LOGIN)))
  const threads = readdirSync(`/proc/${run.child.pid}/task`).map((id) => threadOf(`/proc/${run.child.pid}/task/${id}`))
  const priorities = (name: string) => threads.filter((thread) => thread.name === name).map(({ niceness }) => niceness)
  expect(priorities('libuv-worker')).toEqual([10, 10, 10, 10])
  expect(threads.find(({ isMain }) => isMain)?.niceness).toBe(0)
})

/** The fields behind the name, which may hold anything, begin with the third; niceness is the nineteenth (proc(5)). */
function threadOf(path: string) {
  const [, name = '', rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`${path}/stat`, 'utf8')) ?? []
  return { name, niceness: Number(rest.split(' ')[16]), isMain: path.endsWith(`/${run.child.pid}`) }
}
