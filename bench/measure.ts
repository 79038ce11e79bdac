import { load } from './load.ts'
import { cpuMsOf, residentMbOf } from './machine.ts'
import { median, percentile, sum } from './numbers.ts'
import type { Server } from './servers.ts'
import type { Workload } from './workloads.ts'

/** One of those that are loaded in turn. */
export interface Contender {
  name: string
  server: Server
  workload: Workload
  /** Its connections take them by turns. */
  tokens: string[]
}

/** One round of one workload at one server. */
export interface Round {
  workload: string
  server: string
  round: number
  requests: number
  /** CPU time per request of the server's process. */
  cpuMs: number
  /** The same of the database's. */
  databaseCpuMs: number
  p50Ms: number
  p99Ms: number
  residentMb: number
}

type Figure = 'cpuMs' | 'databaseCpuMs' | 'p50Ms' | 'p99Ms'

/**
 * Rounds before the first that counts. For as long the engine compiles what it has found to be hot, and a service runs
 * for days: of W4, after two rounds, a fifth of the CPU was still the compiler's.
 */
const WARM_UP_ROUNDS = 5

/**
 * Parts of a round, in which the contenders take turns (A B, B A, …): the machine is faster or slower for seconds at a
 * time, and in whole rounds would be so for one of them alone.
 */
const TURNS = 4

/** Loads the contenders in turn after a warm-up of each. */
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
  /** Of the server's process, and of the database's. */
  cpuMs: number
  databaseCpuMs: number
  /** Of each request. */
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

/** Of one server's rounds. */
export function medianOf(rounds: readonly Round[], server: string, figure: Figure): number {
  return median(rounds.filter((round) => round.server === server).map((round) => round[figure]))
}

/** Of two servers, round by round: what slows the machine down slows both. */
export function ratiosOf(rounds: readonly Round[], [server, to]: [string, string], figure: Figure): number[] {
  const figuresOf = (name: string) => rounds.filter((round) => round.server === name).map((round) => round[figure])
  const divisors = figuresOf(to)
  return figuresOf(server).map((value, index) => value / (divisors[index] ?? Number.NaN))
}
