/*
 * For `skipIf`: a machine without one of the servers runs all that needs no server, and reports the rest as skipped.
 * With CI set nothing is skipped: the run fails at its start there (`servers.setup.ts`).
 */
import { inject } from 'vitest'

export const hasNoMariaDb = inject('mariaDbUrl') === null
export const hasNoRedis = inject('redisUrl') === null
