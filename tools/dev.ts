/** The service, compiled and started again at each change. Ctrl-C ends all of it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const TSC = 'node_modules/typescript/bin/tsc'
const PROJECTS = ['tsconfig.build.json', 'migrations/tsconfig.json']

/** A service must not be started on half a build. */
await once(run('tools/build.ts'), 'exit')

const children = [
  run(TSC, '--build', '--watch', '--preserveWatchOutput', ...PROJECTS),
  run('--watch', '--watch-preserve-output', 'dist/main.js'),
]
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, endAll)
for (const child of children) child.once('exit', endAll)

function run(...args: string[]): ChildProcess {
  return spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' })
}

/** This process ends by itself once both have. */
function endAll(): void {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  }
}
