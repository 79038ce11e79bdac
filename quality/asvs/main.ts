/** `npm run asvs`: writes the record of OWASP ASVS 5.0, or prints why it cannot be written. */
import { writeFileSync } from 'node:fs'
import { RECORD_FILE, readAllMarkedTests, recordFaults, renderRecord } from './record.ts'
import { CHAPTERS } from './requirements.ts'

const tests = readAllMarkedTests()
const faults = recordFaults(CHAPTERS, tests)
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(1)
writeFileSync(RECORD_FILE, renderRecord(CHAPTERS, tests))
