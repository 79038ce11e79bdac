import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { temporaryFolder } from '../test/support/built-service.ts'
import { freePort } from '../test/support/server-process.ts'
import { call, DrilledService } from './service.ts'

const REQUESTS = 50
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }'

export interface Stops {
  stops: number
  /** Requests that were in progress when SIGTERM came. */
  inProgress: number
  answered: number
  /** Processes that ended with exit 0. */
  clean: number
}

/** Sends SIGTERM while 50 requests are in progress, again and again. */
export async function checkStops(main: string, stops: number): Promise<Stops> {
  const result: Stops = { stops, inProgress: stops * REQUESTS, answered: 0, clean: 0 }
  const folder = temporaryFolder()
  const metricsPort = await freePort()
  const env = {
    DATABASE_URL: `sqlite:${join(folder, 'drill.db')}`,
    METRICS_PORT: String(metricsPort),
    // So that none of them is over before the signal comes.
    PASSWORD_HASH_ITERATIONS: '400',
    LOG_LEVEL: 'info',
  }
  const service = await DrilledService.start({ main, folder, env })
  const password = /^Administrator created: admin (\S+)$/m.exec(service.run.stdout)?.[1]
  for (let stop = 0; stop < stops; stop++) {
    if (stop > 0) await service.launch()
    const { run, url } = service
    const input = { identifier: 'admin', password }
    const logins = Array.from({ length: REQUESTS }, () => call(url, LOGIN, { input }))
    await untilAllWait(metricsPort)
    run.child.kill('SIGTERM')
    const answers = await Promise.all(logins)
    result.answered += answers.filter(({ kind }) => kind === 'done').length
    if ((await run.exit) === 0) result.clean += 1
  }
  rmSync(folder, { recursive: true, force: true })
  return result
}

/** All have arrived, and nearly all wait for their hash. */
async function untilAllWait(metricsPort: number): Promise<void> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; await pause(10)) {
    const text = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).then((response) => response.text())
    if (Number(/^gatehouse_password_queue_length (\d+)/m.exec(text)?.[1]) >= REQUESTS - 4) return
  }
  throw new Error('The requests do not arrive')
}
