import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createConnection } from 'mysql2/promise'
import { freePort } from './redis.ts'

const run = promisify(execFile)

/** A private MariaDB server, with the faults that a service may meet. */
export interface TestMariaDb {
  /** `mysql://root@127.0.0.1:port`, without a database. */
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
  /** Starts it again after `kill`, with its data, on the same port. */
  restart(): Promise<void>
}

/** With CI set, a missing server fails the run instead. */
export function isMariaDbMissing(suite: string): boolean {
  if (spawnSync('mariadbd', ['--version']).status === 0) return false
  if (process.env.CI) throw new Error('mariadbd is not installed')
  console.warn(`Not run, because mariadbd is not installed: ${suite}`)
  return true
}

export async function startMariaDb(): Promise<TestMariaDb> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-mariadb-'))
  const port = await freePort()
  await run('mariadb-install-db', ['--no-defaults', `--datadir=${folder}/data`, '--auth-root-authentication-method=normal', '--skip-test-db'])
  let server = await launch(port, folder)
  const end = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }
  // Whatever ends the run, the server ends with it.
  process.once('exit', () => server.kill('SIGKILL'))
  return {
    url: `mysql://root@127.0.0.1:${port}`,
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
      server = await launch(port, folder)
    },
  }
}

/** Durable as in production (flush at each commit), small in memory. */
async function launch(port: number, folder: string): Promise<ChildProcess> {
  const args = [
    '--no-defaults',
    `--datadir=${folder}/data`,
    `--socket=${folder}/socket`,
    `--pid-file=${folder}/pid`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--character-set-server=utf8mb4',
    '--innodb-buffer-pool-size=64M',
    '--innodb-log-file-size=32M',
    '--innodb-flush-log-at-trx-commit=1',
    '--max-connections=500',
    '--skip-name-resolve',
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
  ]
  const server = spawn('mariadbd', args, { stdio: 'ignore' })
  for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 50) {
    if (server.exitCode !== null) throw new Error(`mariadbd ended with ${server.exitCode}`)
    const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' }).catch(() => null)
    if (connection) {
      await connection.end()
      return server
    }
    await delay(50)
  }
  server.kill('SIGKILL')
  throw new Error('mariadbd does not answer')
}

let databases = 0

/** A new, empty database on a server, and its URL. */
export async function createDatabase(serverUrl: string): Promise<string> {
  databases += 1
  const name = `test_${process.pid}_${databases}`
  const connection = await createConnection(serverUrl)
  await connection.query(`create database ${name} character set utf8mb4 collate utf8mb4_unicode_ci`)
  await connection.end()
  return `${serverUrl}/${name}`
}
