import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A private Redis server, with the faults that a service may meet. */
export interface TestRedis {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Ends it for good and removes its folder. */
  stop(): Promise<void>
  /** SIGKILL: connections break, new ones are refused. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay open and new ones are accepted, but nothing answers. */
  freeze(): void
  thaw(): void
  /** Starts it again after `kill`, empty, on the same port. */
  restart(): Promise<void>
}

/** For `describe.skipIf`. With CI set, a missing server fails the suite instead. */
export function isRedisMissing(suite: string): boolean {
  if (spawnSync('redis-server', ['--version']).status === 0) return false
  if (process.env.CI) throw new Error('redis-server is not installed')
  console.warn(`Not run, because redis-server is not installed: ${suite}`)
  return true
}

export async function startRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-redis-'))
  const port = await freePort()
  let server = await launch(port, folder)
  const end = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return server.pid ?? 0
    },
    async stop() {
      await end()
      await rm(folder, { recursive: true, force: true })
    },
    kill: end,
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    async restart() {
      await end()
      server = await launch(port, folder)
    },
  }
}

async function launch(port: number, folder: string): Promise<ChildProcess> {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  server.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const deadline = Date.now() + 10_000
  while (!output.includes('Ready to accept connections')) {
    if (server.exitCode !== null || Date.now() > deadline) throw new Error(`redis-server did not start:\n${output}`)
    await delay(10)
  }
  return server
}

/** Free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}
