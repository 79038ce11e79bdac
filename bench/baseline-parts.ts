/** What the baseline and the floor have in common: a pool of connections, and what answers over it. */
import { createPool } from 'mysql2/promise'
import { readTrustedKeys } from './baseline-tokens.ts'
import { createViewerLookup } from './baseline-viewer.ts'
import { createWork } from './baseline-work.ts'

const pool = createPool({
  uri: process.env.DATABASE_URL ?? '',
  connectionLimit: 10,
  // Moments are turned into text by the database, not into objects and back.
  dateStrings: true,
  timezone: 'Z',
})

export const findViewer = createViewerLookup(pool, await readTrustedKeys(process.env.JWKS_URL ?? ''))
export const work = createWork(pool)

/** As `servers.ts` waits for it. */
export function announce(url: string): void {
  process.stdout.write(`${JSON.stringify({ msg: 'Ready', url })}\n`)
  process.once('SIGTERM', () => process.exit(0))
}
