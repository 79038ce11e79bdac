/** Tables in Markdown, and the musts that were missed. */
import type { Comparison, Measured } from './compare.ts'
import { medianOf, ratiosOf } from './measure.ts'
import { median, round } from './numbers.ts'
import type { Saturation } from './saturation.ts'
import { MEMORY_MB, SATURATION_MUST, type Statements } from './workloads.ts'

export interface Outcome {
  lines: string[]
  /** A line for each must that was missed. */
  missed: string[]
}

/** A row of the table of `README.md`, and what it missed. */
interface Judged {
  cells: string[]
  missed: string[]
}

const HEAD = ['', 'work', 'SQL statements', 'measured (range)', 'must', 'aim']

export function reportComparison({ measured, residentMb, saturation }: Comparison): Outcome {
  const judged = [...measured.map(judgeWorkload), judgeMemory(residentMb), judgeSaturation(saturation)]
  const rows = judged.map(({ cells }) => cells)
  const lines = [...table(HEAD, rows), ...reportTimes(measured)]
  return { lines, missed: judged.flatMap(({ missed }) => missed) }
}

function judgeWorkload({ workload, rounds, statements }: Measured): Judged {
  const { name, title, must, aim } = workload
  const ratios = ratiosOf(rounds, ['service', 'baseline'], 'cpuMs')
  const ratio = median(ratios)
  const missed: string[] = []
  if (ratio > must) missed.push(`${name}: ${round(ratio)} times the baseline, must be ${must}`)
  if (isMore(statements, workload.statements)) missed.push(`${name}: statements: ${inWords(statements)}`)
  return { cells: [name, title, inWords(statements), withRange(ratios), String(must), String(aim)], missed }
}

function judgeMemory(residentMb: number): Judged {
  const { must, aim } = MEMORY_MB
  const missed = residentMb > must ? [`memory: ${residentMb} MB, must be ${must}`] : []
  return { cells: ['memory', 'resident at the end', '', `${residentMb} MB`, `${must} MB`, String(aim)], missed }
}

function judgeSaturation(saturation: readonly Saturation[]): Judged {
  const ratios = saturation.map(({ saturatedP99Ms, idleP99Ms }) => saturatedP99Ms / idleP99Ms)
  const ratio = median(ratios)
  const missed =
    ratio < SATURATION_MUST
      ? []
      : [`p99 of me beside logins: ${round(ratio)} times the idle one, must be below ${SATURATION_MUST}`]
  return {
    cells: [
      'p99',
      '`me` while logins saturate, over its idle p99',
      '',
      withRange(ratios),
      `below ${SATURATION_MUST}`,
      '',
    ],
    missed,
  }
}

/** Absolute times: they depend on the machine, so no must is set for them. */
function reportTimes(measured: readonly Measured[]): string[] {
  const rows = measured.map(({ workload, rounds }) => {
    const ms = (server: string, figure: 'cpuMs' | 'p50Ms' | 'p99Ms', digits: number) =>
      String(round(medianOf(rounds, server, figure), digits))
    return [
      workload.name,
      ms('service', 'cpuMs', 3),
      ms('baseline', 'cpuMs', 3),
      ms('service', 'p50Ms', 1),
      ms('service', 'p99Ms', 1),
      `${rounds.findLast(({ server }) => server === 'service')?.residentMb}`,
    ]
  })
  return table(['', 'CPU ms/request', 'baseline', 'p50 ms', 'p99 ms', 'memory MB'], rows)
}

export function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  return ['', line(head), line(head.map(() => '---')), ...rows.map(line)]
}

/** The median, with the least and the most of all rounds. */
function withRange(ratios: readonly number[]): string {
  return `**${round(median(ratios))}** (${round(Math.min(...ratios))} to ${round(Math.max(...ratios))})`
}

function isMore(counted: Statements, most: Statements): boolean {
  return counted.reads > most.reads || counted.writes > most.writes || counted.transactions > most.transactions
}

function inWords({ reads, writes, transactions }: Statements): string {
  const writing = writes > 0 ? `, ${writes} writes in ${transactions} transaction${transactions === 1 ? '' : 's'}` : ''
  return `${reads} read${reads === 1 ? '' : 's'}${writing}`
}
