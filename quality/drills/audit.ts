import type { Ledger } from './writer.ts'

export type Query = (sql: string) => Promise<Record<string, unknown>[]>

export interface Findings {
  /** Acknowledged, but missing from the database. */
  lost: number
  /** Stored more often than sent. */
  doubled: number
  /** An account or a change without its activity row, or the reverse. */
  halves: number
  /** Stored, although the service answered that it was refused. */
  denied: number
  /** Stored, but never answered: allowed after SIGKILL only. */
  untold: number
}

/** Compares the rows of the database with the answers that the writers got. */
export async function audit(query: Query, ledgers: readonly Ledger[]): Promise<Findings> {
  const findings: Findings = { lost: 0, doubled: 0, halves: 0, denied: 0, untold: 0 }
  const users = await query('select id, username, display_name as name from users')
  const entries = await query('select user_id as id, action, count(*) as n from activities group by user_id, action')
  const countOf = (id: unknown, action: string) =>
    Number(entries.find((entry) => entry.id === id && entry.action === action)?.n ?? 0)
  const byName = Map.groupBy(users, ({ username }) => username)
  for (const ledger of ledgers) {
    for (const { username, told } of ledger.accounts) {
      const found = byName.get(username) ?? []
      if (told === 'done' && found.length === 0) findings.lost += 1
      if (told === 'refused' && found.length > 0) findings.denied += 1
      if (told === 'unknown' && found.length > 0) findings.untold += 1
      if (found.length > 1) findings.doubled += 1
    }
    const [writer] = byName.get(ledger.username) ?? []
    addNames(findings, ledger, writer?.name, countOf(writer?.id, 'PROFILE_UPDATED'))
  }
  for (const { id, username } of users) {
    if (username !== 'admin' && countOf(id, 'USER_REGISTERED') !== 1) findings.halves += 1
  }
  const ids = new Set(users.map(({ id }) => id))
  findings.halves += entries.filter(({ id, action }) => action === 'USER_REGISTERED' && !ids.has(id)).length
  return findings
}

/** The stored name must be the one acknowledged last, or a later one whose outcome is unknown. */
function addNames(findings: Findings, { names }: Ledger, present: unknown, entries: number): void {
  const done = names.filter(({ told }) => told === 'done').length
  const unknown = names.filter(({ told }) => told === 'unknown').length
  const lastDone = names.findLastIndex(({ told }) => told === 'done')
  const index = names.findIndex(({ name }) => name === present)
  if (index < lastDone) findings.lost += 1
  if (names[index]?.told === 'refused') findings.denied += 1
  if (entries < done) findings.halves += done - entries
  if (entries > done) findings.untold += Math.min(entries - done, unknown)
  if (entries > done + unknown) findings.doubled += entries - done - unknown
}
