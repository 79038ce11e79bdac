import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createConnection } from 'mysql2/promise'
import { isMissing, SERVER_ENV, type ServerKind, type ServerProcess, startServerProcess } from './server-process.ts'

const run = promisify(execFile)

export type TestMariaDb = ServerProcess

export const MARIADB: ServerKind = {
  command: 'mariadbd',
  urlOf: (port) => `mysql://root@127.0.0.1:${port}`,
  prepare: (folder) =>
    run(
      'mariadb-install-db',
      ['--no-defaults', `--datadir=${folder}/data`, '--auth-root-authentication-method=normal'],
      // A starting server removes temporary tables of other servers in the same folder.
      { env: { ...SERVER_ENV, TMPDIR: folder } },
    ),
  /** Durable as in production (flush at each commit), small in memory. */
  argumentsFor: (port, folder) => [
    '--no-defaults',
    `--datadir=${folder}/data`,
    `--tmpdir=${folder}`,
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
  ],
  async whenReady(port) {
    for (;;) {
      const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' }).catch(() => null)
      if (connection) return connection.end()
      await delay(50)
    }
  },
}

/** With CI set, a missing server fails the run instead. */
export function isMariaDbMissing(suite: string): boolean {
  return isMissing(MARIADB.command, suite)
}

/**
 * `mysql://root@127.0.0.1:port`, without a database. What was committed is there after `kill` and `restart`.
 * @param options of mariadbd, over those above
 */
export async function startMariaDb(options: string[] = []): Promise<TestMariaDb> {
  const argumentsFor = (port: number, folder: string) => [...MARIADB.argumentsFor(port, folder), ...options]
  return startServerProcess({ ...MARIADB, argumentsFor })
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
