import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { temporaryFolder } from '../../test/support/built-service.ts'
import { startHaproxy } from './haproxy.ts'
import { DrilledService } from './service.ts'

const PASSWORD = 'correct horse battery staple'
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }'
const RENAME = 'mutation ($name: String) { updateProfile(input: { displayName: $name }) { user { displayName } } }'

/** As HAProxy needs to find out: two failed checks, and once more. */
const CHECKS_MS = 750

export interface RollingOptions {
  /** The compiled `main.js`. */
  main: string
  drainSeconds: number
  /** Restarts of each of the two instances. */
  rounds: number
  requestsPerSecond: number
}

export interface Rolling {
  requests: number
  /** What failed, with its number of times. */
  failures: Record<string, number>
  exits: (number | null)[]
}

/**
 * Restarts two instances behind HAProxy in turn, while one client reads and every fifth time writes over kept
 * connections. The instances share an SQLite file.
 */
export async function checkRollingRestart(options: RollingOptions): Promise<Rolling> {
  const folder = temporaryFolder()
  const env = {
    DATABASE_URL: `sqlite:${join(folder, 'drill.db')}`,
    SECRET_KEY: randomBytes(32).toString('base64url'),
    TRUSTED_PROXIES: '127.0.0.1',
    DRAIN_SECONDS: String(options.drainSeconds),
  }
  const start = () => DrilledService.start({ main: options.main, folder, env })
  const instances = [await start(), await start()]
  const proxy = await startHaproxy(instances.map(({ url }) => url))
  const load = await startLoad(proxy.url, options.requestsPerSecond)
  const exits: (number | null)[] = []
  for (let round = 0; round < options.rounds; round++) {
    for (const instance of instances) {
      await pause(CHECKS_MS)
      exits.push(await instance.end('SIGTERM'))
      await instance.launch()
      await pause(CHECKS_MS)
    }
  }
  const found = { ...(await load.stop()), exits }
  await proxy.stop()
  await Promise.all(instances.map((instance) => instance.end('SIGKILL')))
  rmSync(folder, { recursive: true, force: true })
  return found
}

async function startLoad(url: string, perSecond: number) {
  const username = `rolling${process.pid}`
  await ask(url, REGISTER, { input: { username, email: `${username}@example.com`, password: PASSWORD } })
  const token = /"accessToken":"([^"]+)"/.exec(
    await ask(url, LOGIN, { input: { identifier: username, password: PASSWORD } }),
  )?.[1]
  const failures: Record<string, number> = {}
  const running = new Set<Promise<void>>()
  let requests = 0
  const send = () => {
    requests += 1
    const isWrite = requests % 5 === 0
    const request = (isWrite ? ask(url, RENAME, { name: `${requests}` }, token) : ask(url, '{ me { id } }', {}, token))
      .catch((error: unknown) => {
        const reason = String(error instanceof Error && error.cause instanceof Error ? error.cause : error)
        failures[reason] = (failures[reason] ?? 0) + 1
      })
      .then(() => void running.delete(request))
    running.add(request)
  }
  const timer = setInterval(send, 1000 / perSecond)
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(running)
      return { requests, failures }
    },
  }
}

/** @throws for every answer but one without errors */
async function ask(url: string, query: string, variables: object, token?: string): Promise<string> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query, variables }),
  })
  const text = await response.text()
  if (response.status === 200 && !text.includes('"errors"')) return text
  throw new Error(`${response.status} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ''}`)
}

/** `npm run drill -- rolling`. */
export async function run(args: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '5' }, drain: { type: 'string', default: '5' } },
  })
  const found = await checkRollingRestart({
    main: resolve(import.meta.dirname, '../../dist/main.js'),
    drainSeconds: Number(values.drain),
    rounds: Number(values.rounds),
    requestsPerSecond: 50,
  })
  console.log(`${found.requests} requests, failed: ${JSON.stringify(found.failures)}, exits: ${found.exits.join(' ')}`)
  return Object.keys(found.failures).length === 0 && found.exits.every((status) => status === 0)
}
