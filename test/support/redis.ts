import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@keyv/redis'
import { freePort, isMissing, type ServerKind, type ServerProcess, startServerProcess } from './server-process.ts'

export type TestRedis = ServerProcess

export { freePort }

/** More databases than a run has services. */
const DATABASES = 10_000

const REDIS: ServerKind = {
  command: 'redis-server',
  urlOf: (port) => `redis://127.0.0.1:${port}`,
  argumentsFor: (port, folder) => toArguments(optionsFor(port, folder)),
  async whenReady(_port, output) {
    while (!output().includes('Ready to accept connections')) await delay(10)
  },
}

/** Called once for the whole run; tests use `installed.ts`. With CI set, a missing server fails the run. */
export function isRedisMissing(suite: string): boolean {
  return isMissing(REDIS.command, suite)
}

/**
 * `redis://127.0.0.1:port`.
 * @param options of redis-server, over those of tests
 */
export async function startRedis(options: Record<string, string | number> = {}): Promise<TestRedis> {
  const argumentsFor = (port: number, folder: string) => toArguments({ ...optionsFor(port, folder), ...options })
  return startServerProcess({ ...REDIS, argumentsFor })
}

/** A Sentinel that watches the master on a port of this machine. */
export async function startSentinel(masterPort: number): Promise<TestRedis> {
  return startServerProcess({
    ...REDIS,
    prepare: (folder) => writeFile(join(folder, 'sentinel.conf'), `sentinel monitor test 127.0.0.1 ${masterPort} 1\n`),
    argumentsFor: (port, folder) => [join(folder, 'sentinel.conf'), '--sentinel', '--port', String(port)],
    async whenReady(_port, output) {
      while (!output().includes('+monitor')) await delay(10)
    },
  })
}

function optionsFor(port: number, folder: string): Record<string, string | number> {
  return { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder, databases: DATABASES }
}

function toArguments(options: Record<string, string | number>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
}

/** An unused database of the server, because services with one database share their limits. */
export async function createRedisDatabase(serverUrl: string): Promise<string> {
  const client = createClient({ url: serverUrl })
  await client.connect()
  const number = await client.incr('databases given out')
  await client.close()
  return `${serverUrl}/${number}`
}
