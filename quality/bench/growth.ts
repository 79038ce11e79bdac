/** The cost of ten times the rows: two instances of the service, each on its own database, loaded in turn. */
import { writeFileSync } from 'node:fs'
import { ask, signInAll } from './client.ts'
import { type Contender, measure, medianOf, type Round, ratiosOf } from './measure.ts'
import { median, round } from './numbers.ts'
import type { Options } from './options.ts'
import { type Outcome, table } from './report.ts'
import { type Server, type Settings, startService } from './servers.ts'
import { GROWTH_MUST, WORKLOADS, type Workload } from './workloads.ts'

const FIGURES = [
  ['cpuMs', 'CPU ms/request of the service'],
  ['databaseCpuMs', 'of the database'],
  ['p50Ms', 'p50 ms'],
] as const

const READS = WORKLOADS.filter(({ statements }) => statements.writes === 0)

/** @param databasePid of the process whose CPU time also counts: the rows are the database's work */
export async function measureGrowth(
  small: Settings,
  large: Settings,
  { rounds: roundCount, json }: Options,
  databasePid: number,
): Promise<Outcome> {
  const servers = [await startService(small), await startService(large)]
  try {
    const rounds: Round[] = []
    for (const workloadOf of [...READS.map((workload) => async () => workload), lastPageOf]) {
      const contenders = await Promise.all(servers.map((server, index) => contend(server, index, workloadOf)))
      rounds.push(...(await measure(contenders, roundCount, databasePid)))
    }
    if (json) writeFileSync(json, JSON.stringify(rounds, null, 2))
    return report(rounds)
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

async function contend(
  server: Server,
  index: number,
  workloadOf: (url: string) => Promise<Workload>,
): Promise<Contender> {
  const workload = await workloadOf(server.url)
  const tokens = await signInAll(server.url, workload.signedInAs ?? 'user')
  return { name: index === 0 ? 'small' : 'large', server, workload, tokens }
}

/** The last page of a walk through all activities. */
async function lastPageOf(url: string): Promise<Workload> {
  const [, , list] = WORKLOADS as [Workload, Workload, Workload]
  const query = 'query Last($after: String) { activities(first: 100, after: $after) { nodes { id action timestamp } } }'
  const [token = null] = await signInAll(url, 'admin')
  const end = '{ activities(last: 100) { pageInfo { startCursor } } }'
  const { data } = await ask(url, JSON.stringify({ query: end }), token)
  const { activities } = data as { activities: { pageInfo: { startCursor: string } } }
  return {
    ...list,
    name: 'Last',
    title: 'last page of all activities',
    query,
    variables: () => ({ after: activities.pageInfo.startCursor }),
  }
}

function report(rounds: readonly Round[]): Outcome {
  const missed: string[] = []
  const names = [...new Set(rounds.map(({ workload }) => workload))]
  const rows = names.map((name) => {
    const own = rounds.filter(({ workload }) => workload === name)
    const cells = FIGURES.map(([figure, title]) => {
      const growth = median(ratiosOf(own, ['large', 'small'], figure))
      if (growth > GROWTH_MUST) missed.push(`${name}: ${title} grows ${round(growth)} times, must be ${GROWTH_MUST}`)
      return `${round(medianOf(own, 'small', figure), 3)}, ${round(medianOf(own, 'large', figure), 3)}: **${round(growth)}**`
    })
    return [name, ...cells]
  })
  return { lines: table(['', ...FIGURES.map(([, title]) => `${title}: small, large, growth`)], rows), missed }
}
