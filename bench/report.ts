/** Tables for people, and what was missed. */
import type { Measured } from './compare.ts'
import { medianOf, ratiosOf } from './measure.ts'
import { median, round } from './numbers.ts'
import { LOGINS, type Saturation } from './saturation.ts'
import { MEMORY_MB, SATURATION_MUST, type Statements } from './workloads.ts'

export interface Outcome {
  lines: string[]
  /** A line for each "must" that was missed. */
  missed: string[]
}

export function reportWorkloads(measured: readonly Measured[]): Outcome {
  const missed: string[] = []
  const withFloor = measured.some(({ rounds }) => rounds.some(({ server }) => server === 'floor'))
  const rows = measured.map(({ workload, rounds, statements }) => {
    const ratios = ratiosOf(rounds, ['service', 'baseline'], 'cpuMs')
    const ratio = median(ratios)
    const { name, title, must, aim } = workload
    if (ratio > must) missed.push(`${name}: ${round(ratio)} times the baseline, must be ${must}`)
    if (isMore(statements, workload.statements)) missed.push(`${name}: statements: ${inWords(statements)}`)
    return [
      name,
      title,
      inWords(statements),
      String(round(medianOf(rounds, 'service', 'cpuMs'), 3)),
      String(round(medianOf(rounds, 'baseline', 'cpuMs'), 3)),
      `**${round(ratio)}** (${rangeOf(ratios)})`,
      ...(withFloor ? [floorOf(rounds)] : []),
      String(must),
      ratio <= aim ? `${aim} reached` : String(aim),
      `${round(medianOf(rounds, 'service', 'p50Ms'), 1)}, ${round(medianOf(rounds, 'service', 'p99Ms'), 1)}`,
      `${rounds.findLast(({ server }) => server === 'service')?.residentMb}`,
    ]
  })
  const head = [
    '',
    'work',
    'SQL statements',
    'CPU ms/request',
    'baseline',
    'ratio (range)',
    ...(withFloor ? ['the packages alone'] : []),
    'must',
    'aim',
    'p50, p99 ms',
    'memory MB',
  ]
  return { lines: table(head, rows), missed }
}

export function reportProcess(residentMb: number, startMs: readonly number[], saturation: Saturation[]): Outcome {
  const ratios = saturation.map(({ saturatedP99Ms, idleP99Ms }) => saturatedP99Ms / idleP99Ms)
  const ratio = median(ratios)
  const [saturatedMs, idleMs] = (['saturatedP99Ms', 'idleP99Ms'] as const).map((figure) =>
    round(median(saturation.map((one) => one[figure])), 1),
  )
  const missed: string[] = []
  if (residentMb > MEMORY_MB.must) missed.push(`memory: ${residentMb} MB, must be ${MEMORY_MB.must}`)
  if (ratio >= SATURATION_MUST) missed.push(`me while logins saturate: p99 is ${round(ratio)} times the idle one`)
  const rows = [
    ['memory at the end', `${residentMb} MB`, `${MEMORY_MB.must} MB (aim ${MEMORY_MB.aim})`],
    [
      `\`me\` at p99 while ${LOGINS} logins saturate, over its idle p99`,
      `${saturatedMs} ms, idle ${idleMs} ms: **${round(ratio)}** (${rangeOf(ratios)})`,
      `below ${SATURATION_MUST}`,
    ],
    ['from start to ready', `${Math.round(median(startMs))} ms`, ''],
  ]
  return { lines: table(['', 'measured', 'must'], rows), missed }
}

export function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  return ['', line(head), line(head.map(() => '---')), ...rows.map(line)]
}

function floorOf(rounds: Measured['rounds']): string {
  const ratios = ratiosOf(rounds, ['floor', 'baseline'], 'cpuMs')
  return `${round(median(ratios))} (${rangeOf(ratios)})`
}

function rangeOf(ratios: readonly number[]): string {
  return `${round(Math.min(...ratios))} to ${round(Math.max(...ratios))}`
}

function isMore(counted: Statements, most: Statements): boolean {
  return counted.reads > most.reads || counted.writes > most.writes || counted.transactions > most.transactions
}

function inWords({ reads, writes, transactions }: Statements): string {
  const writing = writes > 0 ? `, ${writes} writes in ${transactions} transaction${transactions === 1 ? '' : 's'}` : ''
  return `${reads} read${reads === 1 ? '' : 's'}${writing}`
}
