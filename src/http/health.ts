import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { JSON_TYPE } from '../graphql/media-types.ts'

/** `off`: no Redis is configured. */
export type RedisState = 'ok' | 'down' | 'off'

interface HealthChecks {
  isLeaving(): boolean
  checkDatabase(): Promise<boolean>
  checkRedis(): Promise<RedisState>
}

interface Readiness {
  status: 'ok' | 'degraded' | 'unavailable' | 'draining'
  checks: { database: 'ok' | 'down'; redis: RedisState }
}

/** A check without an answer counts as failed after this. */
const CHECK_LIMIT_MS = 1_000

/** Liveness checks nothing: a restart does not bring a database back. */
export function addHealthRoutes(app: FastifyInstance, checks: HealthChecks): void {
  let running: Promise<Readiness> | undefined

  app.get('/health/live', async (_request, reply) => reply.type(JSON_TYPE).send(JSON.stringify({ status: 'ok' })))

  app.get('/health/ready', async (_request, reply) => {
    // This path has no rate limit, so requests at the same time share one check.
    running ??= readiness(checks).finally(() => {
      running = undefined
    })
    const answer = await running
    const isReady = answer.status === 'ok' || answer.status === 'degraded'
    return reply
      .code(isReady ? 200 : 503)
      .type(JSON_TYPE)
      .send(JSON.stringify(answer))
  })
}

async function readiness(checks: HealthChecks): Promise<Readiness> {
  const [database, redis] = await Promise.all([
    answerInTime(checks.checkDatabase(), false),
    answerInTime<RedisState>(checks.checkRedis(), 'down'),
  ])
  return {
    status: statusOf(checks.isLeaving(), database, redis),
    checks: { database: database ? 'ok' : 'down', redis },
  }
}

function statusOf(isLeaving: boolean, database: boolean, redis: RedisState): Readiness['status'] {
  if (isLeaving) return 'draining'
  if (!database) return 'unavailable'
  return redis === 'down' ? 'degraded' : 'ok'
}

async function answerInTime<T>(check: Promise<T>, otherwise: T): Promise<T> {
  const abort = new AbortController()
  const limit = delay(CHECK_LIMIT_MS, otherwise, { signal: abort.signal }).catch(() => otherwise)
  const answer = await Promise.race([check.catch(() => otherwise), limit])
  abort.abort()
  return answer
}
