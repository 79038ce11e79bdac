import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { StartRefusedError } from '../errors.ts'
import type { OnConflict } from '../users/user-import.service.ts'
import { ImportReport } from './import/import-report.ts'
import { createProgress } from './progress.ts'
import { withOperator } from './with-operator.ts'
import { writeTo } from './write.ts'

interface ImportFlags {
  dryRun?: boolean
  json?: boolean
}

/** Commands that bring accounts along and take them away. */
export function addAccountCommands(program: Command): void {
  withImportFlags(program.command('import <file>'))
    .description('import accounts from JSON Lines, as export writes them; - is standard input')
    .addOption(
      new Option('--on-conflict <how>', 'what to do where the id, username or e-mail address is taken')
        .choices(['fail', 'skip', 'update'])
        .default('fail'),
    )
    .action(importFile)
  withImportFlags(program.command('import-flask'))
    .description('import the tables users and activities of the Flask MVC template')
    .requiredOption('--database-url <url>', 'mysql://user:password@host:port/name of its database')
    .action(importFlask)
  program
    .command('export')
    .description('write all accounts, password hashes included, as JSON Lines that import reads')
    .option('--activities', 'the activity log as well')
    .action(exportAll)
  program
    .command('demo-data')
    .description('add made-up accounts and activity, to try things on')
    .option('--users <number>', 'accounts', parseCount, 100)
    .option('--activities <number>', 'entries of the activity log', parseCount, 1000)
    .option('--yes', 'in production as well')
    .action(addDemoData)
}

function withImportFlags(command: Command): Command {
  return command
    .option('--dry-run', 'tell what would be done, and write nothing')
    .option('--json', 'tell it as one JSON object')
}

async function importFile(file: string, options: ImportFlags & { onConflict: OnConflict }): Promise<void> {
  const inputBytes = file === '-' ? undefined : await sizeOf(file)
  const input = file === '-' ? process.stdin : createReadStream(file)
  const report = reportOf(options)
  const progress = createProgress()
  const { onConflict, dryRun: isDryRun = false } = options
  await withOperator((operator) => operator.importFile({ input, inputBytes, onConflict, isDryRun, report, progress }))
  if (report.counts.failed > 0) process.exitCode = 1
}

async function importFlask(options: ImportFlags & { databaseUrl: string }): Promise<void> {
  const report = reportOf(options)
  const { databaseUrl, dryRun: isDryRun = false } = options
  await withOperator((operator) => operator.importFlask({ databaseUrl, isDryRun, report, progress: createProgress() }))
  if (report.counts.failed > 0) process.exitCode = 1
}

async function exportAll({ activities = false }: { activities?: boolean }): Promise<void> {
  await withOperator((operator) =>
    operator.export({ activities, out: writeTo(process.stdout), progress: createProgress() }),
  )
}

async function addDemoData(options: { users: number; activities: number; yes?: boolean }): Promise<void> {
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const { users, activities, yes: isConfirmed = false } = options
  await withOperator((operator) =>
    operator.addDemoData({ users, activities, isConfirmed, print, progress: createProgress() }),
  )
}

function reportOf({ json = false, dryRun: isDryRun = false }: ImportFlags): ImportReport {
  return new ImportReport({ json, isDryRun, out: writeTo(process.stdout), err: writeTo(process.stderr) })
}

/** @throws StartRefusedError where the file cannot be read */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path)
    if (found.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    return found.isFile() ? found.size : undefined
  } catch (error) {
    throw new StartRefusedError(`The file cannot be read (${String((error as { code?: unknown }).code)}).`)
  }
}

function parseCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}
