/** Measures the service beside the baseline. */
import { writeFileSync } from 'node:fs'
import { type Connection, createConnection } from 'mysql2/promise'
import { signInAll } from './client.ts'
import { residentMbOf } from './machine.ts'
import { measure, type Round } from './measure.ts'
import type { Options } from './options.ts'
import { type Outcome, reportComparison } from './report.ts'
import { assertSameAnswers, assertSameRefusals } from './same-answers.ts'
import { measureSaturation, type Saturation } from './saturation.ts'
import { type Servers, type Settings, startBaseline, startService } from './servers.ts'
import { countStatements } from './statements.ts'
import type { Statements, Workload } from './workloads.ts'

export interface Measured {
  workload: Workload
  rounds: Round[]
  /** Of one request. */
  statements: Statements
}

export interface Comparison {
  measured: Measured[]
  /** Of the service, after all workloads. */
  residentMb: number
  saturation: Saturation[]
}

export async function compare(settings: Settings, options: Options, databasePid: number): Promise<Outcome> {
  const service = await startService(settings)
  const baseline = await startBaseline(settings, new URL('/.well-known/jwks.json', service.url).href)
  const servers = { service, baseline }
  const database = await createConnection(settings.databaseUrl)
  try {
    await assertSameAnswers(servers, database)
    await assertSameRefusals(servers)
    const measured: Measured[] = []
    for (const workload of options.workloads) {
      process.stderr.write(`${workload.name} `)
      measured.push(await measureOne(workload, servers, database, options.rounds, databasePid))
    }
    const residentMb = residentMbOf(service.pid)
    process.stderr.write('and `me` beside logins\n')
    const comparison = { measured, residentMb, saturation: await measureSaturation(service.url, options.rounds) }
    if (options.json) writeFileSync(options.json, JSON.stringify(comparison, null, 2))
    return reportComparison(comparison)
  } finally {
    await database.end()
    await Promise.all([service.stop(), baseline.stop()])
  }
}

/** Signs in anew for each workload, because access tokens are short-lived. The service's tokens are good for both servers. */
async function measureOne(
  workload: Workload,
  { service, baseline }: Servers,
  database: Connection,
  roundCount: number,
  databasePid: number,
): Promise<Measured> {
  const { signedInAs } = workload
  const tokens = signedInAs === null ? [] : await signInAll(service.url, signedInAs)
  const contenders = [
    { name: 'service', server: service, workload, tokens },
    { name: 'baseline', server: baseline, workload, tokens },
  ]
  const rounds = await measure(contenders, roundCount, databasePid)
  const statements = await countStatements(database, service.url, workload, tokens[0] ?? null)
  return { workload, rounds, statements }
}
