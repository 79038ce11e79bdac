/** Keeps what a service sends to its database: `createTestApp({ backend, onQuery: statements.onQuery })`. */
export class Statements {
  readonly #all: string[] = []

  readonly onQuery = (sql: string): void => {
    this.#all.push(sql)
  }

  /** The statements of one piece of work, without the control of transactions. */
  async of(work: () => Promise<unknown>): Promise<string[]> {
    this.#all.length = 0
    await work()
    return this.#all.filter(
      (sql) => !/^\s*(begin|commit|rollback|savepoint|release|set|start transaction)\b/i.test(sql),
    )
  }
}
