/** The servers that are compared, each a process of its own on the server's core. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { IMAGE_ARGS, IMAGE_ENV } from './image.ts'
import { onServerCore } from './machine.ts'

const ROOT = resolve(import.meta.dirname, '..')

export interface Server {
  /** Where it answers GraphQL. */
  readonly url: string
  readonly pid: number
  /** From the start of the process until it was ready. */
  readonly startMs: number
  /** Ends it as an operator would, and waits for its end. */
  stop(): Promise<void>
}

/** The service and its rivals, by name. */
export interface Servers {
  service: Server
  baseline: Server
  floor?: Server
}

export interface Settings {
  databaseUrl: string
  redisUrl: string
  secretKey: string
}

/** The service as the image runs it, with every check on; only the limits are out of reach. */
export async function startService(settings: Settings, nodeOptions: string[] = []): Promise<Server> {
  return start([...nodeOptions, ...IMAGE_ARGS], { ...IMAGE_ENV, ...serviceEnv(settings) })
}

/** Brings the schema up to date, as an operator does in production. */
export async function migrate(settings: Settings): Promise<void> {
  const child = spawn(process.execPath, ['dist/cli.js', 'migrate'], {
    cwd: ROOT,
    env: { ...inherited(), ...serviceEnv(settings) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error('The migrations have failed.')
}

/** Not the service, but measured beside it. @param jwksUrl of the service, whose tokens are good for all */
export async function startRival(
  program: 'baseline' | 'floor',
  { databaseUrl }: Settings,
  jwksUrl: string,
): Promise<Server> {
  return start([`bench/${program}.ts`], { NODE_ENV: 'production', DATABASE_URL: databaseUrl, JWKS_URL: jwksUrl })
}

function serviceEnv({ databaseUrl, redisUrl, secretKey }: Settings): Record<string, string> {
  return {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    SECRET_KEY: secretKey,
    RATE_LIMIT_FACTOR: '1000000',
  }
}

async function start(args: string[], env: Record<string, string>): Promise<Server> {
  const startedAt = performance.now()
  const [program, programArgs] = onServerCore([process.execPath, ...args])
  const child = spawn(program, programArgs, {
    cwd: ROOT,
    env: { ...inherited(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.once('exit', () => child.kill('SIGKILL'))
  const url = await readyUrl(child)
  return {
    url,
    pid: child.pid ?? 0,
    startMs: performance.now() - startedAt,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Both write a line of JSON when they are ready. The output is read to its end, so that it never blocks. */
function readyUrl(child: ChildProcess): Promise<string> {
  const { promise, resolve: found, reject } = Promise.withResolvers<string>()
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { msg, url } = JSON.parse(line) as { msg?: string; url?: string }
      if (msg === 'Ready' && url) found(url)
    })
  }
  child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)))
  return promise
}

function inherited(): Record<string, string> {
  return { PATH: process.env.PATH ?? '' }
}
