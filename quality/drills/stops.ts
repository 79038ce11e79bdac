import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { temporaryFolder } from '../../test/support/built-service.ts'
import { freePort } from '../../test/support/server-process.ts'
import { type Answer, call, DrilledService } from './service.ts'

/** How many must be in progress at SIGTERM. */
const IN_PROGRESS = 50
/** More than those: the first may be answered before the last arrives. */
const REQUESTS = 65
const MAX_ATTEMPTS = 4
const CONCURRENCY = 1
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }'

export interface Stops {
  /** Requests in progress at SIGTERM: the fewest of all stops. */
  inProgress: number
  /** Requests without an access token in their answer. */
  unanswered: number
  exits: (number | null)[]
}

/** Sends SIGTERM while 50 logins or more are in progress, once for each stop. */
export async function checkStops(main: string, stops: number): Promise<Stops> {
  const folder = temporaryFolder()
  const metricsPort = await freePort()
  const env = {
    DATABASE_URL: `sqlite:${join(folder, 'drill.db')}`,
    METRICS_PORT: String(metricsPort),
    PASSWORD_HASH_CONCURRENCY: String(CONCURRENCY),
    // Slow enough that all logins arrive before the first ends, fast enough that all end within 10 seconds.
    PASSWORD_HASH_ITERATIONS: '180',
    LOG_LEVEL: 'info',
  }
  const service = await DrilledService.start({ main, folder, env })
  await service.run.ready()
  const password = /^Administrator created: admin (\S+)$/m.exec(service.run.stdout)?.[1]
  const result: Stops = { inProgress: REQUESTS, unanswered: 0, exits: [] }
  for (let stop = 0; stop < stops; stop++) {
    if (stop > 0) await service.launch()
    const logIn = () => call(service.url, LOGIN, { input: { identifier: 'admin', password } })
    // The first login loads modules that are imported on demand.
    await logIn()
    const { answers, logins } = await startLogins(metricsPort, logIn)
    result.inProgress = Math.min(result.inProgress, REQUESTS - answers.length)
    service.run.child.kill('SIGTERM')
    await Promise.all(logins)
    result.unanswered += answers.filter(({ kind }) => kind !== 'done').length
    result.exits.push(await service.run.exit)
  }
  rmSync(folder, { recursive: true, force: true })
  return result
}

/** On a busy machine many are answered before the last arrives: then all are awaited, and sent again. */
async function startLogins(metricsPort: number, logIn: () => Promise<Answer>) {
  for (let attempt = 1; ; attempt++) {
    const answers: Answer[] = []
    const logins = Array.from({ length: REQUESTS }, async () => {
      answers.push(await logIn())
    })
    await untilAllHaveArrived(metricsPort, () => answers.length)
    if (REQUESTS - answers.length >= IN_PROGRESS || attempt === MAX_ATTEMPTS) return { answers, logins }
    await Promise.all(logins)
  }
}

async function untilAllHaveArrived(metricsPort: number, answered: () => number): Promise<void> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; await pause(5)) {
    const text = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).then((response) => response.text())
    const waiting = Number(/^gatehouse_password_queue_length (\d+)/m.exec(text)?.[1])
    if (waiting + CONCURRENCY + answered() >= REQUESTS) return
  }
  throw new Error('The requests do not arrive')
}
