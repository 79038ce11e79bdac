import { Keyv } from 'keyv'
import type { Logger } from 'pino'
import { LruStore } from './lru-store.ts'
import { RedisConnection } from './redis-connection.ts'

/** Where the cache and the limits keep what they count: one Redis for all instances, or this process. */
export interface Stores {
  readonly redis: RedisConnection | undefined
  /** The key-value store of one namespace; the same one for the same name. Faults of Redis are thrown. */
  keyv(namespace: string): Keyv
  /** `off`: no Redis was asked for. */
  state(): 'ok' | 'down' | 'off'
  close(): Promise<void>
}

/** Starts whether Redis is there or not: without it the connection goes on trying in the background. */
export async function createStores(options: { redisUrl: string | undefined; log: Logger }): Promise<Stores> {
  const redis = options.redisUrl === undefined ? undefined : await RedisConnection.open(options.redisUrl, options.log)
  const createKeyv = redis === undefined ? keyvInMemory : await keyvIn(redis)
  const keyvs = new Map<string, Keyv>()
  return {
    redis,
    keyv(namespace) {
      if (!NAMESPACE.test(namespace)) throw new RangeError(`'${namespace}' is no cache namespace`)
      const keyv = keyvs.get(namespace) ?? createKeyv(namespace)
      keyvs.set(namespace, keyv)
      return keyv
    },
    state: () => redis?.state() ?? 'off',
    async close() {
      redis?.close()
    },
  }
}

/** No glob characters (clear works by pattern) and no empty part: `a::` must never be the start of another name. */
const NAMESPACE = /^[a-z0-9-]+(:[a-z0-9-]+)*$/

/** JSON both ways, so that a value read back is the same in memory and in Redis. */
const JSON_VALUES = { serialize: JSON.stringify, deserialize: JSON.parse, useKeyPrefix: false, throwOnErrors: true }

function keyvInMemory(): Keyv {
  return new Keyv({ ...JSON_VALUES, store: new LruStore() })
}

async function keyvIn({ client }: RedisConnection): Promise<(name: string) => Keyv> {
  const { default: KeyvRedis } = await import('@keyv/redis')
  return (name) => {
    const namespace = `gatehouse:cache:${name}`
    return new Keyv({ ...JSON_VALUES, store: new KeyvRedis(client, { namespace, throwOnErrors: true }), namespace })
  }
}
