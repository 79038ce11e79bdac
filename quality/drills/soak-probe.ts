import { readdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { createClient } from '@keyv/redis'
import { createConnection } from 'mysql2/promise'
import { residentMbOf } from '../bench/machine.ts'
import type { Production } from './production.ts'
import { Inspector } from './soak-inspector.ts'
import type { Sample } from './soak-verdict.ts'

const MIB = 1024 * 1024

type Stored = Pick<Sample, 'connections' | 'keys' | 'accounts'>

/** Samples the service, its database and its Redis over separate connections. */
export interface Probe {
  look(): Promise<Omit<Sample, 'seconds' | 'requests' | 'unexpected'>>
  close(): Promise<void>
}

export async function openProbe({ service, databaseUrl, redisUrl }: Production): Promise<Probe> {
  const { child, stderr } = service.run
  const pid = child.pid ?? 0
  const inspector = await Inspector.open(stderr)
  const database = databaseUrl.startsWith('sqlite:') ? openSqlite(databaseUrl) : await openMariaDb(databaseUrl)
  const redis = redisUrl === undefined ? undefined : createClient({ url: redisUrl })
  await redis?.connect()
  return {
    async look() {
      const inside = await inspector.look()
      const openFiles = readdirSync(`/proc/${pid}/fd`).length
      const { connections, accounts } = await database.look()
      // Connections to the database vary with the load and are judged separately.
      const descriptors = openFiles - connections
      const handles = inside.handles - connections
      const keys = (await redis?.dbSize()) ?? 0
      const heapMb = Number((inside.heapUsed / MIB).toFixed(1))
      return { heapMb, residentMb: residentMbOf(pid), descriptors, handles, connections, keys, accounts }
    },
    async close() {
      inspector.close()
      redis?.destroy()
      await database.close()
    },
  }
}

interface DatabaseProbe {
  look(): Promise<Omit<Stored, 'keys'>>
  close(): Promise<void>
}

async function openMariaDb(url: string): Promise<DatabaseProbe> {
  const connection = await createConnection(url)
  const sql = `select (select count(*) from users) as accounts, (select count(*) from information_schema.processlist
    where db = database() and id <> connection_id()) as connections`
  return {
    async look() {
      const [rows] = await connection.query(sql)
      return (rows as Omit<Stored, 'keys'>[])[0] as Omit<Stored, 'keys'>
    },
    close: () => connection.end(),
  }
}

function openSqlite(url: string): DatabaseProbe {
  const database = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true })
  return {
    async look() {
      const row = database.prepare('select count(*) as accounts from users').get()
      return { accounts: Number(row?.accounts), connections: 0 }
    },
    close: async () => database.close(),
  }
}
