/** Writes `schema.graphql`, or with `--check` compares it and exits with 1 when it differs. */
import { readFileSync, writeFileSync } from 'node:fs'
import { printSchemaWithDirectives } from '@graphql-tools/utils'
import { lexicographicSortSchema } from 'graphql'
import { buildTypes } from './schema.ts'

const FILE = 'schema.graphql'

const text = `${printSchemaWithDirectives(lexicographicSortSchema(await buildTypes()))}\n`
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, text)
} else if (readFileSync(FILE, 'utf8') !== text) {
  console.error(`${FILE} is not what the code says. Run: npm run schema`)
  process.exitCode = 1
}
