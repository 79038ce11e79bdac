/** The service beside the baseline. */
import { writeFileSync } from 'node:fs'
import { type Connection, createConnection } from 'mysql2/promise'
import { signInAll } from './client.ts'
import { residentMbOf } from './machine.ts'
import { measure, type Round } from './measure.ts'
import type { Options } from './options.ts'
import { type Outcome, reportProcess, reportWorkloads } from './report.ts'
import { assertSameAnswers, assertSameRefusals } from './same-answers.ts'
import { measureSaturation } from './saturation.ts'
import { type Server, type Servers, type Settings, startRival, startService } from './servers.ts'
import { countStatements } from './statements.ts'
import type { Statements, Workload } from './workloads.ts'

const STARTS = 5

export interface Measured {
  workload: Workload
  rounds: Round[]
  /** Of one request. */
  statements: Statements
}

export async function compare(settings: Settings, options: Options, databasePid: number): Promise<Outcome> {
  const startMs = await measureStarts(settings)
  const servers = await startAll(settings, options)
  const { service } = servers
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
    process.stderr.write('and sign-ins beside it\n')
    const saturation = await measureSaturation(service.url, options.rounds)
    if (options.json)
      writeFileSync(options.json, JSON.stringify({ measured, residentMb, startMs, saturation }, null, 2))
    return together(reportWorkloads(measured), reportProcess(residentMb, startMs, saturation))
  } finally {
    await database.end()
    await Promise.all(Object.values(servers).map((server: Server) => server.stop()))
  }
}

async function startAll(settings: Settings, { floor }: Options): Promise<Servers> {
  const service = await startService(settings)
  const jwksUrl = new URL('/.well-known/jwks.json', service.url).href
  const baseline = await startRival('baseline', settings, jwksUrl)
  return { service, baseline, ...(floor && { floor: await startRival('floor', settings, jwksUrl) }) }
}

/** Tokens are short-lived, so each workload signs in anew: at the service, for all. */
async function measureOne(
  workload: Workload,
  servers: Servers,
  database: Connection,
  roundCount: number,
  databasePid: number,
): Promise<Measured> {
  const { signedInAs } = workload
  const tokens = signedInAs === null ? [] : await signInAll(servers.service.url, signedInAs)
  const contenders = Object.entries(servers).map(([name, server]) => ({ name, server, workload, tokens }))
  const rounds = await measure(contenders, roundCount, databasePid)
  const statements = await countStatements(database, servers.service.url, workload, tokens[0] ?? null)
  return { workload, rounds, statements }
}

async function measureStarts(settings: Settings): Promise<number[]> {
  const startMs: number[] = []
  for (let count = 0; count < STARTS; count += 1) {
    const service = await startService(settings)
    startMs.push(service.startMs)
    await service.stop()
  }
  return startMs
}

function together(...outcomes: Outcome[]): Outcome {
  return { lines: outcomes.flatMap(({ lines }) => lines), missed: outcomes.flatMap(({ missed }) => missed) }
}
