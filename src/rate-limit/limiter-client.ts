import type { Logger } from 'pino'
import type { RedisConnection } from '../cache/redis-connection.ts'

/** The commands that RateLimiterRedis sends with `useRedisPackage`. */
export interface LimiterClient {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  del(key: string): Promise<unknown>
  multi(): object
}

/**
 * A Redis client for RateLimiterRedis whose commands have the deadline of `RedisConnection.run`: a command to a
 * frozen Redis then fails after 350 ms, and the limiter's insurance counts instead.
 */
export function createLimiterClient(redis: RedisConnection, log: Logger): LimiterClient {
  const { client } = redis
  let isRefused = false

  async function send<T>(command: () => Promise<T>): Promise<T> {
    try {
      const answer = await redis.run(command)
      isRefused = false
      return answer
    } catch (error) {
      // Once per change. That Redis is away the connection logs itself; this is one that answers and refuses.
      if (redis.state() === 'ok' && !isRefused) {
        log.warn({ reason: nameOf(error) }, 'Limits are counted in this process')
        isRefused = true
      }
      throw error
    }
  }

  return {
    eval: (script: string, options: { keys: string[]; arguments: string[] }) =>
      send(() => client.eval(script, options)),
    del: (key: string) => send(() => client.del(key)),
    multi() {
      const commands = client.multi()
      const exec = commands.exec.bind(commands)
      return Object.assign(commands, { exec: (asPipeline: boolean) => send(() => exec(asPipeline)) })
    },
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
