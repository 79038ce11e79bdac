import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A private server on a free port, with its files in a temporary folder. It can be made to fail. */
export interface ServerProcess {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Stops the server and removes its folder. */
  stop(): Promise<void>
  /** SIGKILL: connections break, new ones are refused. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay open and new ones are accepted, but nothing answers. */
  freeze(): void
  thaw(): void
  /** Starts the server again on the same port and folder; data in memory is lost. */
  restart(): Promise<void>
}

export interface ServerKind {
  command: string
  urlOf(port: number): string
  /** Called once, before the first launch. */
  prepare?(folder: string, port: number): Promise<unknown>
  argumentsFor(port: number, folder: string): string[]
  /** Resolves when the server answers. `output` returns what it has written so far. */
  whenReady(port: number, output: () => string): Promise<void>
}

/** Debian installs servers in a folder that is not in the PATH of users. */
export const SERVER_ENV = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` }

/** For `describe.skipIf`. With CI set, a missing server fails the suite instead. */
export function isMissing(command: string, suite: string): boolean {
  if (spawnSync('sh', ['-c', 'command -v "$1"', 'sh', command], { env: SERVER_ENV }).status === 0) return false
  if (process.env.CI) throw new Error(`${command} is not installed`)
  console.warn(`Not run, because ${command} is not installed: ${suite}`)
  return true
}

export async function startServerProcess(kind: ServerKind): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), `gatehouse-${kind.command}-`))
  const port = await freePort()
  await kind.prepare?.(folder, port)
  let server = await launch(kind, port, folder)
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }
  return {
    url: kind.urlOf(port),
    port,
    get pid() {
      return server.pid ?? 0
    },
    async stop() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
    kill,
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    async restart() {
      await kill()
      server = await launch(kind, port, folder)
    },
  }
}

async function launch(kind: ServerKind, port: number, folder: string): Promise<ChildProcess> {
  const server = spawn(kind.command, kind.argumentsFor(port, folder), {
    env: SERVER_ENV,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  endWithThisProcess(server, folder)
  let output = ''
  const keep = (chunk: Buffer) => {
    output = `${output}${chunk}`.slice(-20_000)
  }
  server.stdout.on('data', keep)
  server.stderr.on('data', keep)
  const failed = once(server, 'exit').then(() => Promise.reject(new Error(`${kind.command} ended:\n${output}`)))
  const late = AbortSignal.timeout(30_000)
  const tooLate = once(late, 'abort').then(() =>
    Promise.reject(new Error(`${kind.command} does not answer:\n${output}`)),
  )
  try {
    await Promise.race([kind.whenReady(port, () => output), failed, tooLate])
  } catch (error) {
    server.kill('SIGKILL')
    throw error
  } finally {
    failed.catch(() => undefined)
    tooLate.catch(() => undefined)
  }
  return server
}

/**
 * Ends the server and removes its folder when this process ends, even by SIGKILL, which closes the shell's standard
 * input. In its own process group, like the server, so that Ctrl-C does not end the watch first.
 */
function endWithThisProcess(server: ChildProcess, folder: string): void {
  const script = 'cat >/dev/null; kill -9 "$1" 2>/dev/null && rm -rf "$2"'
  const watch = spawn('sh', ['-c', script, 'watch', String(server.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watch.unref()
  server.once('exit', () => watch.kill('SIGKILL'))
}

/** A free port, which another process may take in the meantime. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}
