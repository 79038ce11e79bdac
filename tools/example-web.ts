/**
 * The service and examples/web on http://localhost:5173, which follow each change of their sources, until one of them
 * ends. Vite passes the API on, so that page and service share an origin. PORT and WEB_PORT choose other ports.
 */
import { type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const APP = resolve(ROOT, 'examples/web')
const { PORT = '4000', WEB_PORT = '5173' } = process.env

const env = {
  APP_URL: `http://localhost:${WEB_PORT}/app`,
  COOKIE_SECURE: 'false',
  PORT,
  SERVICE_URL: `http://127.0.0.1:${PORT}`,
  ...process.env,
}
if (!existsSync(resolve(APP, 'node_modules'))) spawnSync('npm', ['ci', '--prefix', APP], { stdio: 'inherit' })

// A process group each, because npm hands no signal on to what its scripts start.
const options: SpawnOptions = { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'], detached: true }
const children = [
  spawn('npm', ['run', 'dev'], options),
  spawn('npm', ['run', 'dev', '--prefix', APP, '--', '--port', WEB_PORT], options),
]
for (const child of children) child.once('exit', stop)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)

function stop(): void {
  for (const { pid, exitCode, signalCode } of children) {
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGTERM')
  }
}
