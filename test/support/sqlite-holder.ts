import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

/** Takes the write lock, reports it, and keeps it for a while. */
const HOLD = `
  const Database = require('better-sqlite3')
  const [file, holdMs] = process.argv.slice(1)
  const db = new Database(file, { timeout: 10000 })
  db.exec('begin immediate')
  console.log('held')
  setTimeout(() => { db.exec('rollback'); db.close() }, Number(holdMs))
`

/** Runs one short writing transaction after another. */
const HAMMER = `
  const Database = require('better-sqlite3')
  const [file, forMs] = process.argv.slice(1)
  const db = new Database(file, { timeout: 10000 })
  const write = db.transaction(() => db.exec('update guards set turn = turn + 1'))
  console.log('held')
  for (const end = Date.now() + Number(forMs); Date.now() < end; ) write.immediate()
  db.close()
`

/** Starts a second process on an SQLite file. Resolves when its work has begun; `ended` resolves after `ms`. */
async function run(script: string, file: string, ms: number): Promise<{ ended: Promise<unknown> }> {
  const cwd = resolve(import.meta.dirname, '../..')
  const child = spawn(process.execPath, ['-e', script, file, String(ms)], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  return { ended }
}

export function holdSqliteLock(file: string, ms: number) {
  return run(HOLD, file, ms)
}

export function hammerSqlite(file: string, ms: number) {
  return run(HAMMER, file, ms)
}
