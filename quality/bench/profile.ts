/** Where the time of one workload goes, by V8's sampling profiler. */
import { globSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signInAll } from './client.ts'
import { load } from './load.ts'
import { table } from './report.ts'
import { type Settings, startService } from './servers.ts'
import type { Workload } from './workloads.ts'

const SHOWN = 40

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

/** @returns tables of the busiest packages and functions; the profile itself stays in a temporary folder */
export async function profile(settings: Settings, workload: Workload): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-profile-'))
  const options = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=200']
  const service = await startService(settings, options)
  const tokens = workload.signedInAs === null ? [] : await signInAll(service.url, workload.signedInAs)
  await load(service.url, workload, tokens, workload.requests * 4)
  await service.stop()
  const [file] = globSync(join(folder, '*.cpuprofile'))
  if (file === undefined) throw new Error('The service left no profile.')
  const times = selfTimes(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile)
  return [
    `The profile is ${file}: load it in a browser's developer tools.`,
    ...shares(
      'part',
      sumBy(times, ({ url }) => partOf(url)),
    ),
    ...shares(
      'function',
      sumBy(
        times,
        ({ functionName, url, lineNumber }) => `${functionName || '(anonymous)'} ${shorten(url)}:${lineNumber + 1}`,
      ),
    ),
  ]
}

type Frame = CpuProfile['nodes'][number]['callFrame']

function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): [Frame, number][] {
  const byId = new Map<number, number>()
  for (const [index, id] of samples.entries()) byId.set(id, (byId.get(id) ?? 0) + (timeDeltas[index] ?? 0))
  return nodes
    .map(({ id, callFrame }): [Frame, number] => [callFrame, byId.get(id) ?? 0])
    .filter(([{ functionName }, time]) => time > 0 && functionName !== '(idle)')
}

function sumBy(times: [Frame, number][], keyOf: (frame: Frame) => string): Map<string, number> {
  const sums = new Map<string, number>()
  for (const [frame, time] of times) sums.set(keyOf(frame), (sums.get(keyOf(frame)) ?? 0) + time)
  return sums
}

function shares(what: string, sums: Map<string, number>): string[] {
  const total = [...sums.values()].reduce((sum, time) => sum + time, 0)
  const busiest = [...sums].toSorted(([, a], [, b]) => b - a).slice(0, SHOWN)
  const rows = busiest.map(([name, time]) => [`${((time / total) * 100).toFixed(1)} %`, name])
  return table(['share', what], rows)
}

/** The package, the own file, or the runtime. */
function partOf(url: string): string {
  if (!url.includes('/')) return url.startsWith('node:') ? 'node' : '(engine)'
  if (url.startsWith('node:')) return 'node'
  const name = /node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*node_modules)/.exec(url)?.[1]
  return name ?? shorten(url)
}

function shorten(url: string): string {
  return url.replace(/^.*\/(node_modules|dist)\//, '')
}
