/** Cores, CPU time and memory of processes, from Linux (`/proc`, `taskset`). */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** The server's own core; load and databases share the other one. */
const SERVER_CORE = '0'
const OTHER_CORE = '1'

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0

/** Moves this process, and with it databases and load, to the other core. @returns false where that is not possible */
export function leaveServerCore(): boolean {
  return canPin && spawnSync('taskset', ['-acp', OTHER_CORE, String(process.pid)]).status === 0
}

/** The command line that runs a program on the server's core, under the same process id. */
export function onServerCore(command: string[]): [string, string[]] {
  const [program = '', ...args] = canPin ? ['taskset', '-c', SERVER_CORE, ...command] : command
  return [program, args]
}

/** CPU time in milliseconds of all threads of a process, user and system. */
export function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND
}

export function residentMbOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kib) / 1024)
}
