import { spawnSync } from 'node:child_process'

/** The explorer's page is built, not compiled in memory as the tests' sources are. Quick when nothing has changed. */
export default function buildExplorer() {
  const { status } = spawnSync(process.execPath, ['tools/build-explorer.ts'], { stdio: 'inherit' })
  if (status !== 0) throw new Error('The explorer does not build.')
}
