/** Builds and runs the service. `npm run dev` lets Node run this again after each change of a source. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')

const { status } = spawnSync(process.execPath, ['tools/build.ts'], { cwd: ROOT, stdio: 'inherit' })
// After a type error, which has been printed, Node waits for the next change.
if (status === 0) await import(resolve(ROOT, 'dist/main.js'))
else process.exitCode = 1
