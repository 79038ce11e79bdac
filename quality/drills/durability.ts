import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { temporaryFolder } from '../../test/support/built-service.ts'
import { createDatabase, startMariaDb } from '../../test/support/mariadb.ts'
import { audit, type Findings, type Query } from './audit.ts'
import { DrilledService } from './service.ts'
import { write } from './writer.ts'

export interface DurabilityOptions {
  /** The compiled `main.js`. */
  main: string
  backend: 'mysql' | 'sqlite'
  /** Acknowledged writes at least. */
  writes: number
  kills: number
  /** SIGKILL also goes to the database, in turn; SIGTERM to the service only. */
  signal?: 'SIGKILL' | 'SIGTERM'
  writers?: number
}

export interface Durability extends Findings {
  acknowledged: number
  /** Writes that were sent and not answered. */
  unknown: number
  kills: number
  /** Ends of the service with status 0. */
  clean: number
}

interface Backend {
  env: Record<string, string>
  /** Kills the database and starts it again; undefined for SQLite, which runs in the service's process. */
  crash?: () => Promise<void>
  query: Query
  close(): Promise<void>
}

/** Kills the service, and MariaDB in turn, while writers write; then compares the rows with the answers. */
export async function checkDurability(options: DurabilityOptions): Promise<Durability> {
  const folder = temporaryFolder()
  const backend = options.backend === 'mysql' ? await openMariaDb() : openSqlite(folder)
  const service = await DrilledService.start({ main: options.main, folder, env: backend.env })
  let acknowledged = 0
  let kills = 0
  let clean = 0
  const { signal = 'SIGKILL' } = options
  const isOver = () => acknowledged >= options.writes && kills >= options.kills
  const writing = Promise.all(
    Array.from({ length: options.writers ?? 8 }, (_, index) =>
      write(service.url, index, isOver, () => {
        acknowledged += 1
      }),
    ),
  )
  for (; kills < options.kills; kills++) {
    const next = (options.writes * (kills + 1)) / (options.kills + 1)
    while (acknowledged < next) await pause(5)
    if (backend.crash && signal === 'SIGKILL' && kills % 2 === 1) {
      await backend.crash()
    } else {
      if ((await service.end(signal)) === 0) clean += 1
      await service.launch()
    }
  }
  const ledgers = await writing
  await service.end('SIGKILL')
  const findings = await audit(backend.query, ledgers)
  await backend.close()
  rmSync(folder, { recursive: true, force: true })
  const writes = ledgers.flatMap(({ names, accounts }) => [...names, ...accounts])
  return { ...findings, acknowledged, unknown: writes.filter(({ told }) => told === 'unknown').length, kills, clean }
}

export async function openMariaDb(): Promise<Backend> {
  const server = await startMariaDb()
  const DATABASE_URL = await createDatabase(server.url)
  return {
    env: { DATABASE_URL },
    crash: () => server.restart(),
    async query(sql) {
      const connection = await createConnection(DATABASE_URL)
      const [rows] = await connection.query(sql)
      await connection.end()
      return rows as Record<string, unknown>[]
    },
    close: () => server.stop(),
  }
}

export function openSqlite(folder: string): Backend {
  const path = join(folder, 'drill.db')
  return {
    env: { DATABASE_URL: `sqlite:${path}` },
    async query(sql) {
      const database = new DatabaseSync(path)
      const rows = database.prepare(sql).all() as Record<string, unknown>[]
      database.close()
      return rows
    },
    close: async () => undefined,
  }
}
