/** The two servers, each a process of its own on the server's core. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { IMAGE_ARGS, IMAGE_ENV } from './image.ts'
import { onServerCore } from './machine.ts'

const ROOT = resolve(import.meta.dirname, '../..')

export interface Server {
  /** Of its GraphQL endpoint. */
  readonly url: string
  readonly pid: number
  /** Sends SIGTERM and waits for the process to end. */
  stop(): Promise<void>
}

export interface Servers {
  service: Server
  baseline: Server
}

export interface Settings {
  databaseUrl: string
  redisUrl: string
  secretKey: string
}

/** Starts the service as the image does, with every check on. Only its rate limits are out of reach. */
export async function startService(settings: Settings, nodeOptions: string[] = []): Promise<Server> {
  return start([...nodeOptions, ...IMAGE_ARGS], { ...IMAGE_ENV, ...serviceEnv(settings) })
}

/** Creates the tables by the operator's command, because a start in production migrates nothing. */
export async function migrate(settings: Settings): Promise<void> {
  const child = spawn(process.execPath, ['dist/cli.js', 'migrate'], {
    cwd: ROOT,
    env: { ...inherited(), ...serviceEnv(settings) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error('The migrations have failed.')
}

/** @param jwksUrl of the service, whose tokens the baseline accepts */
export async function startBaseline({ databaseUrl }: Settings, jwksUrl: string): Promise<Server> {
  const program = resolve(import.meta.dirname, 'baseline.ts')
  return start([program], { NODE_ENV: 'production', DATABASE_URL: databaseUrl, JWKS_URL: jwksUrl })
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
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Waits for the line of JSON that says `Ready`. Reads on after it, because a full pipe would block the server. */
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
