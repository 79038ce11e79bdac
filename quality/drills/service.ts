import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Run } from '../../test/support/built-service.ts'
import { freePort } from '../../test/support/server-process.ts'

export interface ServiceOptions {
  /** The compiled `main.js`. */
  main: string
  /** The process's working directory. */
  folder: string
  env: Record<string, string>
  nodeArguments?: string[]
}

/** Rate limits out of reach, and cheap hashes. */
const DRILL_ENV = {
  NODE_ENV: 'test',
  MAIL_URL: 'off',
  LOG_LEVEL: 'warn',
  RATE_LIMIT_FACTOR: '1000000',
  PASSWORD_HASH_MEMORY_KIB: '256',
  PASSWORD_HASH_ITERATIONS: '1',
  ACCESS_TOKEN_TTL: '86400',
}

/** The built service as a process that can be killed and started again on the same port. */
export class DrilledService {
  readonly url: string
  private current: Run | undefined
  private readonly options: ServiceOptions
  private readonly env: Record<string, string>

  private constructor(options: ServiceOptions, port: number) {
    this.options = options
    this.url = `http://127.0.0.1:${port}`
    const SECRET_KEY = randomBytes(32).toString('base64url')
    this.env = { ...DRILL_ENV, SECRET_KEY, PORT: String(port), ...options.env }
  }

  static async start(options: ServiceOptions): Promise<DrilledService> {
    const service = new DrilledService(options, await freePort())
    process.once('exit', () => service.current?.child.kill('SIGKILL'))
    await service.launch()
    return service
  }

  get run(): Run {
    if (!this.current) throw new Error('The service was never started')
    return this.current
  }

  /** Starts the process and waits until it is ready. */
  async launch(): Promise<void> {
    const { main, folder, nodeArguments } = this.options
    const run = new Run(main, [], { cwd: folder, env: this.env, nodeArguments })
    this.current = run
    for (const deadline = performance.now() + 60_000; performance.now() < deadline; await pause(50)) {
      if (run.child.exitCode !== null) throw new Error(`The service ended: ${run.stdout}${run.stderr}`)
      if (await this.isReady()) return
    }
    throw new Error('The service is not ready after a minute')
  }

  async isReady(): Promise<boolean> {
    return fetch(`${this.url}/health/ready`).then(
      ({ status }) => status === 200,
      () => false,
    )
  }

  /** @returns the exit status; null where a signal ended the process */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const { child } = this.run
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const ended = once(child, 'exit')
    child.kill(signal)
    const [status] = await ended
    return status as number | null
  }
}

export type Answer =
  | { kind: 'done'; data: Record<string, unknown> }
  /** The service answered that nothing was stored, or could not be reached. */
  | { kind: 'refused'; code: string }
  /** The answer was lost, or has `outcome: unknown`. */
  | { kind: 'unknown' }

interface GraphQLBody {
  data?: Record<string, unknown>
  errors?: { extensions: { code: string; outcome?: string } }[]
}

export async function call(url: string, query: string, variables: object = {}, token?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  try {
    const body = JSON.stringify({ query, variables })
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
    const { data, errors } = (await response.json()) as GraphQLBody
    const extensions = errors?.[0]?.extensions
    if (!extensions) return data ? { kind: 'done', data } : { kind: 'unknown' }
    return extensions.outcome === 'unknown' ? { kind: 'unknown' } : { kind: 'refused', code: extensions.code }
  } catch (error) {
    return isUnsent(error) ? { kind: 'refused', code: 'ECONNREFUSED' } : { kind: 'unknown' }
  }
}

function isUnsent(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}
