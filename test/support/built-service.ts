import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

/** A compile cache, because every run loads the same thousand files. */
const COMPILE_CACHE = join(ROOT, 'node_modules/.cache/node-compile')

/** The compiled service, in a folder inside the project so that its dependencies are found. */
export interface Build {
  readonly main: string
  readonly cli: string
  remove(): void
}

export function buildService(): Build {
  const cache = join(ROOT, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'gatehouse-build-'))
  const compilerOptions = { noEmit: false, rootDir: ROOT, outDir: folder, sourceMap: false, noCheck: true }
  const include = [join(ROOT, 'src'), join(ROOT, 'migrations')]
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, include }),
  )
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder], { stdio: 'inherit' })
  // As in the shipped build, whose root is the folder of the sources.
  renameSync(join(folder, 'migrations'), join(folder, 'src/migrations'))
  return {
    main: join(folder, 'src/main.js'),
    cli: join(folder, 'src/cli.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'gatehouse-run-'))
}

export interface RunOptions {
  cwd: string
  env?: Record<string, string>
  /** Text for standard input, which is then closed. */
  input?: string | Buffer
  node?: string
  nodeArguments?: string[]
}

/** A process of the service or of a command. Its environment has only PATH of this process's. */
export class Run {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly exit: Promise<number | null>

  constructor(script: string, args: string[], { cwd, env, input, node, nodeArguments = [] }: RunOptions) {
    const fullEnv = { PATH: process.env.PATH, PORT: '0', NODE_COMPILE_CACHE: COMPILE_CACHE, ...env }
    this.child = spawn(node ?? process.execPath, [...nodeArguments, script, ...args], {
      cwd,
      env: fullEnv,
      stdio: 'pipe',
    })
    this.child.stdout?.on('data', (text) => {
      this.stdout += String(text)
    })
    this.child.stderr?.on('data', (text) => {
      this.stderr += String(text)
    })
    this.child.stdin?.on('error', () => undefined)
    this.child.stdin?.end(input ?? '')
    this.exit = once(this.child, 'close').then(([code]) => code as number | null)
  }

  /** The URL of its API. @throws with its output when it ends before it is ready */
  async ready(): Promise<string> {
    for (;;) {
      const { url } = this.lines().find(({ msg }) => msg === 'Ready') ?? {}
      if (typeof url === 'string') return url
      if (this.child.exitCode !== null) throw new Error(`It ended: ${this.stdout}${this.stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** The lines of the log so far. */
  lines(): Record<string, unknown>[] {
    return this.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
  }

  async stop(): Promise<number | null> {
    if (this.child.exitCode === null) this.child.kill('SIGKILL')
    return this.exit
  }
}

export async function post(
  url: string,
  query: string,
  variables: object = {},
): Promise<{ status: number; body: object }> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
  return { status: response.status, body: (await response.json()) as object }
}
