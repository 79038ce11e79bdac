import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DecidedLine, RootLine } from '../authorization/outcomes.ts'
import type { Line } from './statements.ts'

/** The lines of a feature in the tables of the tests: its `test/NAME/NAME.contract.ts` exports it as `contract`. */
export interface FeatureContract {
  /** Who may call its root fields, by `Query.notes`. */
  rootFields?: Record<string, RootLine>
  /** Its fields that not everybody who sees the object may see, by `Note.text`. */
  decidedFields?: Record<string, DecidedLine>
  /** All of its other fields, by type. */
  publicFields?: Record<string, string[]>
  /** At least one for each root field. */
  statements?: Line[]
}

const TEST = resolve(import.meta.dirname, '..')

/** Contracts import the tables' types alone: the tables wait for them. */
export const CONTRACTS: FeatureContract[] = await Promise.all(
  globSync('*/*.contract.ts', { cwd: TEST })
    .toSorted()
    .map(async (file) => ((await import(resolve(TEST, file))) as { contract: FeatureContract }).contract),
)
