/** Collects the statements of a service: `createTestApp({ backend, onQuery: statements.onQuery })`. */
export class Statements {
  readonly #all: string[] = []

  readonly onQuery = (sql: string): void => {
    this.#all.push(sql)
  }

  /** Those of the work so far, transaction control included. */
  sent(): readonly string[] {
    return this.#all
  }

  /** The statements of the work, without begin, commit and rollback. */
  async of(work: () => Promise<unknown>): Promise<string[]> {
    this.#all.length = 0
    await work()
    return this.#all.filter(
      (sql) => !/^\s*(begin|commit|rollback|savepoint|release|set|start transaction)\b/i.test(sql),
    )
  }
}
