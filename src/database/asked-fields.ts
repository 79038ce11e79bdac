/**
 * The names of the fields that a request's document asks for, wherever in it. Rows of lists leave out what no such
 * field shows: reading and keeping columns is a large part of what a list costs. Outside of GraphQL, and until the
 * document is known, everything is asked for.
 */
export class AskedFields {
  #names: ReadonlySet<string> | null = null

  limitTo(names: ReadonlySet<string>): void {
    this.#names = names
  }

  has(name: string): boolean {
    return this.#names?.has(name) ?? true
  }

  /** Those of the properties, in their order, that have the name of such a field. */
  among<Property extends string>(properties: readonly Property[]): Property[] {
    return properties.filter((property) => this.has(property))
  }
}
