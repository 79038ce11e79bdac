/**
 * The conditions of a statement, all of which have to hold, as text: putting a list's statement together with Kysely
 * takes longer than sending it. Values are bound, never written.
 */
export class Conditions {
  readonly values: unknown[] = []
  #text = ''

  /** ` where …`, or nothing where there are none. */
  get text(): string {
    return this.#text
  }

  /** @param condition with a `?` for each value, in parentheses where it holds an `or` */
  add(condition: string, ...values: unknown[]): this {
    this.#text += this.#text === '' ? ` where ${condition}` : ` and ${condition}`
    this.values.push(...values)
    return this
  }

  /** @param values at least one, and not more than databases bind */
  addIn(column: string, values: readonly unknown[]): this {
    return this.add(`${column} in (${values.map(() => '?').join(', ')})`, ...values)
  }
}
