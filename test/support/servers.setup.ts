import type { TestProject } from 'vitest/node'
import { isChromiumMissing } from './chromium.ts'
import { isGaleraMissing } from './galera.ts'
import { isMariaDbMissing, startMariaDb } from './mariadb.ts'
import { isRedisMissing, startRedis } from './redis.ts'
import { isMissing } from './server-process.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the run's private MariaDB, without a database; null when it is not installed. */
    mariaDbUrl: string | null
    /** The URL of the run's private Redis; null when it is not installed. */
    redisUrl: string | null
    /** Whether there is a browser. */
    chromium: boolean
    hasNoGalera: boolean
    hasNoHaproxy: boolean
    hasNoOathtool: boolean
    hasNoPromtool: boolean
  }
}

/** One private MariaDB and one private Redis for the whole run, on free ports, in temporary folders. */
export default async function startServers(project: TestProject) {
  const mariaDb = isMariaDbMissing('everything on MariaDB') ? null : await startMariaDb()
  const redis = isRedisMissing('everything on Redis') ? null : await startRedis()
  project.provide('chromium', !isChromiumMissing('everything in a browser'))
  project.provide('mariaDbUrl', mariaDb?.url ?? null)
  project.provide('redisUrl', redis?.url ?? null)
  project.provide('hasNoGalera', mariaDb === null || isGaleraMissing('two instances on two Galera nodes'))
  project.provide('hasNoHaproxy', isMissing('haproxy', 'a rolling restart behind HAProxy'))
  project.provide('hasNoOathtool', isMissing('oathtool', 'the codes of another program'))
  project.provide('hasNoPromtool', isMissing('promtool', 'the rules of Prometheus for alerts and metrics'))
  return async () => {
    await Promise.all([mariaDb?.stop(), redis?.stop()])
  }
}
