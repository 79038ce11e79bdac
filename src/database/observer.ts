/** Called with each SQL statement, transaction control included. */
export type OnQuery = (sql: string) => void

/** Called as a statement begins, with its text without values. What it returns is called as the statement ends. */
export type OnStatement = (sql: string) => ((error?: unknown) => void) | undefined

/** Connections to MySQL. */
export interface PoolUsage {
  used: number
  max: number
  /** Requests that wait for one. */
  waiting: number
}

/** Who is told what the database does. */
export interface DatabaseObserver {
  onQuery?: OnQuery | undefined
  onStatement?: OnStatement | undefined
  /** Called once, with MySQL alone. */
  onPool?: (usage: () => PoolUsage) => void
}
