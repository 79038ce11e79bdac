/**
 * The examples of the pages: `docs/examples/FIELD.graphql` is a document for one root field, and `FIELD.json` beside it
 * what it was sent with and what came back. `errors/CODE.json` is one error of each code. Tests run the documents and
 * provoke the errors, and compare both with the files: `test/docs/examples.test.ts`, `test/contract/error-codes.test.ts`.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'

export const EXAMPLES = resolve(import.meta.dirname, '../../docs/examples')

export interface Recorded {
  /** Who asked. */
  by: 'nobody' | 'a user' | 'an administrator'
  variables?: object
  answer: object
  /** The codes of the refusals that the tests have provoked. */
  refusals: string[]
}

export interface Example extends Recorded {
  document: string
}

/** By the name of the root field. */
export function readExamples(): Map<string, Example> {
  const fields = globSync('*.graphql', { cwd: EXAMPLES }).map((file) => basename(file, '.graphql'))
  return new Map(
    fields
      .toSorted()
      .map((field) => [field, { document: readDocument(field), ...(readRecord(`${field}.json`) as Recorded) }]),
  )
}

/** @throws Error where nothing was recorded */
export function readError(code: string): object {
  return readRecord(`errors/${code}.json`)
}

export function readDocument(field: string): string {
  return readFileSync(resolve(EXAMPLES, `${field}.graphql`), 'utf8').trim()
}

function readRecord(file: string): object {
  const path = resolve(EXAMPLES, file)
  if (!existsSync(path)) throw new Error(`docs/examples/${file} is missing. Run: npm run docs:record`)
  return JSON.parse(readFileSync(path, 'utf8')) as object
}
