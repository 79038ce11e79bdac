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
  argumentsFor: (port, folder) => {
    const options = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder, databases: DATABASES }
    return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  },
  async whenReady(_port, output) {
    while (!output().includes('Ready to accept connections')) await delay(10)
  },
}

/** Called once for the whole run; tests use `installed.ts`. With CI set, a missing server fails the run. */
export function isRedisMissing(suite: string): boolean {
  return isMissing(REDIS.command, suite)
}

/** `redis://127.0.0.1:port`. */
export async function startRedis(): Promise<TestRedis> {
  return startServerProcess(REDIS)
}

/** An unused database of the server, because services with one database share their limits. */
export async function createRedisDatabase(serverUrl: string): Promise<string> {
  const client = createClient({ url: serverUrl })
  await client.connect()
  const number = await client.incr('databases given out')
  await client.close()
  return `${serverUrl}/${number}`
}
