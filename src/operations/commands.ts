import { Command, InvalidArgumentError } from 'commander'
import type { MigrationStatus } from '../database/migrations.ts'
import { StartRefusedError } from '../errors.ts'
import { plainMessage } from '../process/plain-message.ts'
import { addAccountCommands } from './account-commands.ts'
import { addDoctorCommand } from './doctor-command.ts'
import type { Operator } from './operator.ts'
import { readPassword } from './read-password.ts'
import { withOperator } from './with-operator.ts'

type Work = (operator: Operator) => Promise<string[]>

/** Runs one operator command and exits: with its status, or with 1 after one plain line on stderr. */
export async function runCommand(argv: string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  try {
    await createProgram().parseAsync(argv)
    process.exit(process.exitCode ?? 0)
  } catch (error) {
    process.stderr.write(`${plainMessage(error)}\n`)
    process.exit(1)
  }
}

function createProgram(): Command {
  const program = new Command('gatehouse')
    .description(
      'Commands for operators of Gatehouse. All work while the service runs; settings come from the environment.',
    )
    .showHelpAfterError('(--help tells more)')
  addDatabaseCommands(program)
  addKeyCommands(program)
  addAccountCommands(program)
  addDoctorCommand(program)
  program
    .command('create-admin')
    .description('create an administrator')
    .requiredOption('--username <username>', 'how the administrator signs in')
    .requiredOption('--email <email>', 'or with this')
    .option('--password-stdin', 'take the password from the first line of standard input; else it is asked for')
    .action(createAdmin)
  return program
}

function addDatabaseCommands(program: Command): void {
  program
    .command('migrate')
    .description('bring the schema of the database up to date')
    .action(() => run(async (operator) => (await operator.migrate()).map((name) => `Migrated: ${name}`)))
  program
    .command('migrate:status')
    .description('list the migrations, and when each was run')
    .action(() => run(async (operator) => (await operator.migrationStatus()).map(migrationLine)))
  program
    .command('prune')
    .description(
      'remove ended sessions, old signing keys and deliveries, expired tokens of mails and API keys, and finish deletions',
    )
    .option('--activities-older-than <days>', 'remove older activity as well', parseDays)
    .action((options: { activitiesOlderThan?: number }) =>
      run(async (operator) => {
        const removed = await operator.prune({ activitiesOlderThanDays: options.activitiesOlderThan })
        const { sessions, keys, activities, deliveries, mailTokens, apiKeys, addresses } = removed
        return [
          `Removed: ${sessions} sessions, ${keys} keys, ${activities} activities, ${deliveries} deliveries, ${mailTokens} tokens of mails, ${apiKeys} API keys`,
          ...(addresses > 0 ? [`Cleared: the addresses of deleted accounts in ${addresses} activities`] : []),
        ]
      }),
    )
}

function addKeyCommands(program: Command): void {
  program
    .command('keys:rotate')
    .description('publish a new signing key; it signs in 5 minutes, and nobody is signed out')
    .action(() =>
      run(async (operator) => {
        const { kid, activeFrom } = await operator.rotateKeys()
        return [`New key: ${kid}, signs from ${activeFrom.toISOString()}`]
      }),
    )
  program
    .command('keys:reset')
    .description('make a new signing key where the old ones cannot be read any more; every session and API key ends')
    .option('--yes', 'do it; without this nothing is changed')
    .action((options: { yes?: boolean }) => {
      if (!options.yes) throw new StartRefusedError('Every session would end. Nothing was changed: --yes does it.')
      return run(async (operator) => {
        const { kid, sessions } = await operator.resetKeys()
        return [`New key: ${kid}`, `Sessions ended: ${sessions}`]
      })
    })
  program
    .command('keys:list')
    .description('list the signing keys')
    .action(() => run(async (operator) => (await operator.listKeys()).map(keyLine)))
}

async function createAdmin(options: { username: string; email: string; passwordStdin?: boolean }): Promise<void> {
  const password = await readPassword(process.stdin, options.passwordStdin === true)
  const { username, email } = options
  await run(async (operator) => {
    const { id } = await operator.createAdmin({ username, email, password })
    return [`Administrator created: ${id}`]
  })
}

async function run(work: Work): Promise<void> {
  await withOperator(async (operator) => {
    for (const line of await work(operator)) process.stdout.write(`${line}\n`)
  })
}

function migrationLine({ name, executedAt }: MigrationStatus): string {
  return `${executedAt?.toISOString() ?? 'pending                 '}  ${name}`
}

function keyLine(key: Awaited<ReturnType<Operator['listKeys']>>[number]): string {
  const retired = key.retiredAt ? `, retires ${key.retiredAt.toISOString()}` : ''
  return `${key.kid}  created ${key.createdAt.toISOString()}, signs from ${key.activeFrom.toISOString()}${retired}`
}

function parseDays(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number of days.')
}
