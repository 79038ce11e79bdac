import { parseArgs } from 'node:util'
import { WORKLOADS, type Workload } from './workloads.ts'

export interface Options {
  rounds: number
  /** The workloads to measure. */
  workloads: readonly Workload[]
  /** The file for the raw rounds. */
  json: string | undefined
  /** Shows where the time of this workload goes, and measures nothing. */
  profile: Workload | undefined
  /** Compares with ten times the rows, not with the baseline. */
  large: boolean
}

export const USAGE = `npm run bench -- [options]
  --rounds N       rounds of each workload, 5 by default
  --only W1,W3     these workloads alone
  --json FILE      writes the raw rounds as JSON
  --profile W3     shows where the time of one workload goes, and measures nothing
  --large          growth from 10,000 users and 200,000 activities to 100,000 and 2,000,000`

/** @throws Error whose message is meant for the terminal */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      only: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'string' },
      large: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1.')
  return {
    rounds,
    workloads: values.only?.split(',').map(workloadOf) ?? WORKLOADS,
    json: values.json,
    profile: values.profile === undefined ? undefined : workloadOf(values.profile),
    large: values.large,
  }
}

function workloadOf(name: string): Workload {
  const workload = WORKLOADS.find((candidate) => candidate.name === name)
  if (!workload) throw new Error(`There is no workload ${name}: ${WORKLOADS.map((known) => known.name).join(', ')}.`)
  return workload
}
