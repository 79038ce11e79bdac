import type { Command } from 'commander'
import { systemClock } from '../clock.ts'
import { processEnvironment } from '../config.ts'
import type { Finding } from './doctor/finding.ts'
import { writeTo } from './write.ts'

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check settings, database, keys, Redis and folders; the exit status is 1 where something is wrong')
    .option('--json', 'tell it as one JSON object')
    .action(runDoctor)
}

async function runDoctor({ json = false }: { json?: boolean }): Promise<void> {
  // Imported late, so that --help does not load the whole service.
  const { diagnose } = await import('./doctor/doctor.ts')
  const checks = await diagnose(processEnvironment(), systemClock)
  const isOk = checks.every(({ status }) => status !== 'fault')
  const text = json ? JSON.stringify({ ok: isOk, checks }) : checks.map(lineOf).join('\n')
  await writeTo(process.stdout)(`${text}\n`)
  if (!isOk) process.exitCode = 1
}

function lineOf({ check, status, message, advice }: Finding): string {
  return `${status.padEnd(8)}${check}: ${message}${advice === undefined ? '' : `\n        ${advice}`}`
}
