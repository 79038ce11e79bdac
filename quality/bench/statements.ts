import type { Connection, RowDataPacket } from 'mysql2/promise'
import { ask } from './client.ts'
import { bodyOf, type Statements, type Workload } from './workloads.ts'

/** Statements of one request by the database's own counters. Nothing else may use the database meanwhile. */
export async function countStatements(
  database: Connection,
  url: string,
  workload: Workload,
  token: string | null,
): Promise<Statements> {
  // The first request fills caches and opens connections.
  await ask(url, bodyOf(workload, 2), token)
  const before = await counters(database)
  await ask(url, bodyOf(workload, 3), token)
  const after = await counters(database)
  const ran = (...names: string[]) =>
    names.reduce((sum, name) => sum + (after.get(`Com_${name}`) ?? 0) - (before.get(`Com_${name}`) ?? 0), 0)
  return {
    reads: ran('select'),
    writes: ran('insert', 'update', 'delete', 'replace'),
    transactions: ran('commit'),
  }
}

async function counters(database: Connection): Promise<Map<string, number>> {
  const [rows] = await database.query<RowDataPacket[]>("show global status like 'Com\\_%'")
  return new Map(rows.map(({ Variable_name, Value }) => [Variable_name, Number(Value)]))
}
