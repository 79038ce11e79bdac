import { setTimeout as delay } from 'node:timers/promises'
import { freePort, isMissing, type ServerKind, type ServerProcess, startServerProcess } from './server-process.ts'

export type TestRedis = ServerProcess

export { freePort }

const REDIS: ServerKind = {
  command: 'redis-server',
  urlOf: (port) => `redis://127.0.0.1:${port}`,
  argumentsFor: (port, folder) => {
    const options = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder }
    return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  },
  async whenReady(_port, output) {
    while (!output().includes('Ready to accept connections')) await delay(10)
  },
}

/** For `describe.skipIf`. With CI set, a missing server fails the suite instead. */
export function isRedisMissing(suite: string): boolean {
  return isMissing(REDIS.command, suite)
}

/** `redis://127.0.0.1:port`. */
export async function startRedis(): Promise<TestRedis> {
  return startServerProcess(REDIS)
}
