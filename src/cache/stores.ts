import { Keyv } from 'keyv'
import type { Logger } from 'pino'
import { LruStore } from './lru-store.ts'
import type { RedisConnection } from './redis-connection.ts'

/** Where cache values and limit counts are kept: one Redis for all instances, or the memory of this process. */
export interface Stores {
  readonly redis: RedisConnection | undefined
  /** The key-value store of one namespace, the same one for the same name. Failures of Redis are thrown. */
  keyv(namespace: string): Keyv
  /** `off`: no Redis is configured. */
  state(): 'ok' | 'down' | 'off'
  /** Like `state`, after a write: a Redis that refuses to write is down. */
  check(): Promise<'ok' | 'down' | 'off'>
  close(): Promise<void>
}

/** No glob characters (clear works by pattern) and no empty part: `a::` must never be the start of another name. */
const NAMESPACE = /^[a-z0-9-]+(:[a-z0-9-]+)*$/

/** JSON both ways, so that a value read back is the same in memory and in Redis. */
const JSON_VALUES = { serialize: JSON.stringify, deserialize: JSON.parse, useKeyPrefix: false, throwOnErrors: true }

/** Starts whether Redis is there or not: the connection goes on trying in the background. */
export async function createStores(options: { redisUrl: string | undefined; log: Logger }): Promise<Stores> {
  const redis = options.redisUrl === undefined ? undefined : await openRedis(options.redisUrl, options.log)
  const keyvs = new Map<string, Keyv>()
  return {
    redis,
    keyv(name) {
      if (!NAMESPACE.test(name)) throw new RangeError(`'${name}' is no cache namespace`)
      const keyv = keyvs.get(name) ?? createKeyv(redis, name)
      keyvs.set(name, keyv)
      return keyv
    },
    state: () => redis?.state() ?? 'off',
    check: async () => redis?.check() ?? 'off',
    async close() {
      redis?.close()
    },
  }
}

/** Imported late: the Redis client takes 170 ms to load. */
async function openRedis(url: string, log: Logger): Promise<RedisConnection> {
  const { RedisConnection } = await import('./redis-connection.ts')
  return RedisConnection.open(url, log)
}

function createKeyv(redis: RedisConnection | undefined, name: string): Keyv {
  if (!redis) return new Keyv({ ...JSON_VALUES, store: new LruStore() })
  const namespace = `gatehouse:cache:${name}`
  return new Keyv({ ...JSON_VALUES, store: redis.createStore(namespace), namespace })
}
