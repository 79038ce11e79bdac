/** Compiles src and migrations to dist, and the explorer's page. Quick when nothing has changed. */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const PROJECTS = ['tsconfig.build.json', 'migrations/tsconfig.json']

removeLeftovers()
const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '--build', ...PROJECTS], {
  cwd: ROOT,
  stdio: 'inherit',
})
if (status === 0) await import('./build-explorer.ts')
else process.exitCode = status ?? 1

/** Removes the output of deleted or renamed sources, because a deleted migration would still be run. */
function removeLeftovers(): void {
  for (const file of globSync('dist/**/*.js', { cwd: ROOT, exclude: ['dist/explorer/**'] })) {
    const name = file.slice('dist/'.length).replace(/\.js$/, '.ts')
    const source = name.startsWith('migrations/') ? name : join('src', name)
    if (existsSync(join(ROOT, source))) continue
    for (const ending of ['.js', '.js.map', '.d.ts']) rmSync(join(ROOT, file.replace(/\.js$/, ending)), { force: true })
  }
}
