/** Writes docs/asvs.md: each requirement with the tests that name it, or the reason why none does. `--check` only compares. */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { readMarkedTests, recordFaults, renderRecord } from './asvs-record.ts'
import { CHAPTERS } from './asvs-requirements.ts'

const FILE = 'docs/asvs.md'

const paths = globSync('test/**/*.test.ts').toSorted()
const tests = paths.flatMap((path) => readMarkedTests(path, readFileSync(path, 'utf8')))
const faults = recordFaults(CHAPTERS, tests)
const record = renderRecord(CHAPTERS, tests)

if (faults.length === 0 && process.argv.includes('--check') && readFileSync(FILE, 'utf8') !== record)
  faults.push(`${FILE} is not what the tests say: npm run asvs`)
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(1)
if (!process.argv.includes('--check')) writeFileSync(FILE, record)
