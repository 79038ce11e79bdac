import { existsSync, mkdtempSync, rmdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Config } from '../../config.ts'
import { type Finding, fault, ok } from './finding.ts'

/** Folders that the service writes to: of the SQLite database and of the log file. */
export function checkFolders({ database, log }: Config): Finding[] {
  const sqlite = database.kind === 'sqlite' && database.url !== ':memory:' ? [database.url] : []
  const files = [...sqlite, ...(log.file ? [log.file.path] : [])]
  if (files.length === 0) return [ok('folders', 'none is written to')]
  return [...new Set(files.map((file) => dirname(resolve(file))))].map(checkFolder)
}

/** A missing folder is made, so what counts is the nearest one above it. */
function checkFolder(folder: string): Finding {
  let nearest = folder
  while (!existsSync(nearest)) nearest = dirname(nearest)
  try {
    // Tried, because rights alone do not tell of a file system that is full or read-only.
    rmdirSync(mkdtempSync(join(nearest, '.gatehouse-')))
    return ok('folders', `${folder} can be written`)
  } catch {
    const advice = `Let the user of the service write to ${nearest}, or name another path in DATABASE_URL or LOG_FILE.`
    return fault('folders', `${folder} cannot be written`, advice)
  }
}
