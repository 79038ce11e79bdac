/** Writes `docs/api.md` and `docs/errors.md`, or with `--check` compares them and exits with 1 where one differs. */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { buildSchema, type GraphQLSchema, parse, validate } from 'graphql'
import { apiPage } from './api-page.ts'
import { errorsPage } from './errors-page.ts'
import { type Example, readExamples } from './examples.ts'
import { rootFieldsOf } from './root-fields.ts'

const ROOT = resolve(import.meta.dirname, '../..')

const schema = buildSchema(readFileSync(resolve(ROOT, 'schema.graphql'), 'utf8'))
const examples = readExamples()
for (const [name, example] of examples) checkExample(schema, name, example)
const fields = rootFieldsOf(schema, examples)
writeOrCheck('docs/api.md', apiPage(schema, fields))
writeOrCheck('docs/errors.md', errorsPage(schema, fields))

/** @throws Error where the document does not fit the schema */
function checkExample(schema: GraphQLSchema, name: string, { document }: Example): void {
  const faults = validate(schema, parse(document)).map(({ message }) => message)
  if (faults.length > 0) throw new Error(`docs/examples/${name}.graphql: ${faults.join(' ')}`)
}

function writeOrCheck(file: string, text: string): void {
  const path = resolve(ROOT, file)
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text)
  } else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${file} is not what the schema and the examples say. Run: npm run docs`)
    process.exitCode = 1
  }
}
