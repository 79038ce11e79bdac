/** The service as its sources are now. `npm run dev` has Node run this anew at each change of them; Ctrl-C ends it. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')

const { status } = spawnSync(process.execPath, ['tools/build.ts'], { cwd: ROOT, stdio: 'inherit' })
// After a fault of a type, which has been printed, the next change is waited for.
if (status === 0) await import(resolve(ROOT, 'dist/main.js'))
else process.exitCode = 1
