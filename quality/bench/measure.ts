import { load } from './load.ts'
import { cpuMsOf, residentMbOf } from './machine.ts'
import { median, percentile, sum } from './numbers.ts'
import type { Server } from './servers.ts'
import type { Workload } from './workloads.ts'

/** A server and the workload it is loaded with. */
export interface Contender {
  name: string
  server: Server
  workload: Workload
  /** Distributed over the connections. */
  tokens: string[]
}

/** One round of one workload at one server. */
export interface Round {
  workload: string
  server: string
  round: number
  requests: number
  /** CPU time of the server's process per request. */
  cpuMs: number
  /** CPU time of the database's process per request. */
  databaseCpuMs: number
  p50Ms: number
  p99Ms: number
  residentMb: number
}

type Figure = 'cpuMs' | 'databaseCpuMs' | 'p50Ms' | 'p99Ms'

/** Rounds before the first that counts: after two rounds of W4 the compiler still takes a fifth of the CPU. */
const WARM_UP_ROUNDS = 5

/**
 * Parts of a round, in which the servers take turns (A B, B A, …). A shared machine changes its pace within seconds;
 * with whole rounds in turn that would fall on one server alone.
 */
const TURNS = 4

/** Warms up each contender, then loads them in turn. */
export async function measure(contenders: Contender[], roundCount: number, databasePid: number): Promise<Round[]> {
  for (const { server, workload, tokens } of contenders)
    await load(server.url, workload, tokens, workload.requests * WARM_UP_ROUNDS)
  const rounds: Round[] = []
  for (let round = 1; round <= roundCount; round += 1) {
    const turns = new Map<Contender, Turn[]>(contenders.map((contender) => [contender, []]))
    for (let turn = 0; turn < TURNS; turn += 1) {
      const order = turn % 2 === 0 ? contenders : contenders.toReversed()
      for (const contender of order) turns.get(contender)?.push(await measureTurn(contender, databasePid))
    }
    for (const [contender, taken] of turns) rounds.push(toRound(contender, round, taken))
  }
  return rounds
}

interface Turn {
  /** CPU time of the server's process. */
  cpuMs: number
  /** CPU time of the database's process. */
  databaseCpuMs: number
  /** One for each request. */
  latenciesMs: number[]
}

async function measureTurn({ server, workload, tokens }: Contender, databasePid: number): Promise<Turn> {
  const cpuBefore = cpuMsOf(server.pid)
  const databaseBefore = cpuMsOf(databasePid)
  const latenciesMs = await load(server.url, workload, tokens, Math.ceil(workload.requests / TURNS))
  return { cpuMs: cpuMsOf(server.pid) - cpuBefore, databaseCpuMs: cpuMsOf(databasePid) - databaseBefore, latenciesMs }
}

function toRound({ name, server, workload }: Contender, round: number, turns: Turn[]): Round {
  const latenciesMs = turns.flatMap((turn) => turn.latenciesMs)
  const requests = latenciesMs.length
  return {
    workload: workload.name,
    server: name,
    round,
    requests,
    cpuMs: sum(turns.map((turn) => turn.cpuMs)) / requests,
    databaseCpuMs: sum(turns.map((turn) => turn.databaseCpuMs)) / requests,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    residentMb: residentMbOf(server.pid),
  }
}

/** The median of one server's rounds. */
export function medianOf(rounds: readonly Round[], server: string, figure: Figure): number {
  return median(rounds.filter((round) => round.server === server).map((round) => round[figure]))
}

/** Ratios of two servers' figures, round by round: what slows the machine in a round slows both servers. */
export function ratiosOf(rounds: readonly Round[], [server, to]: [string, string], figure: Figure): number[] {
  const figuresOf = (name: string) => rounds.filter((round) => round.server === name).map((round) => round[figure])
  const divisors = figuresOf(to)
  return figuresOf(server).map((value, index) => value / (divisors[index] ?? Number.NaN))
}
