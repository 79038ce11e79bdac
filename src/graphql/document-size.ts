import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

/** How large a selection is once every fragment stands where it is used, and before equal fields are merged. */
export interface SelectionSize {
  /** Levels of fields. */
  depth: number
  /** Fields of the first level. */
  roots: number
  aliases: number
  /** Fields of all levels. */
  fields: number
}

const NOTHING: SelectionSize = { depth: 0, roots: 0, aliases: 0, fields: 0 }

/** Introspection has a depth of its own, which graphql itself bounds. */
export function isIntrospection(field: FieldNode): boolean {
  return field.name.value === '__schema' || field.name.value === '__type'
}

export function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
}

/**
 * Each fragment is measured once, so a fragment bomb costs no more than its text. A cycle counts as nothing:
 * graphql's own rule refuses it.
 */
export function createSizer(document: DocumentNode): (selectionSet: SelectionSetNode) => SelectionSize {
  const fragments = fragmentsOf(document)
  const measured = new Map<string, SelectionSize>()
  return measureSet

  function measureSet(selectionSet: SelectionSetNode | undefined): SelectionSize {
    const size = { ...NOTHING }
    for (const selection of selectionSet?.selections ?? []) {
      const part = measureSelection(selection)
      size.depth = Math.max(size.depth, part.depth)
      size.roots += part.roots
      size.aliases += part.aliases
      size.fields += part.fields
    }
    return size
  }

  function measureSelection(selection: SelectionNode): SelectionSize {
    if (selection.kind === Kind.INLINE_FRAGMENT) return measureSet(selection.selectionSet)
    if (selection.kind === Kind.FRAGMENT_SPREAD) return measureFragment(selection.name.value)
    const below = measureSet(selection.selectionSet)
    return {
      depth: isIntrospection(selection) ? 0 : below.depth + 1,
      roots: 1,
      aliases: below.aliases + (selection.alias ? 1 : 0),
      fields: below.fields + 1,
    }
  }

  function measureFragment(name: string): SelectionSize {
    const known = measured.get(name)
    if (known) return known
    measured.set(name, NOTHING)
    const size = measureSet(fragments.get(name)?.selectionSet)
    measured.set(name, size)
    return size
  }
}
