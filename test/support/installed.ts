/*
 * For `skipIf`: a machine without one of the servers runs the tests that need none, and reports the others as skipped.
 * With CI set nothing is skipped, and the run fails at its start (`servers.setup.ts`).
 */
import { spawnSync } from 'node:child_process'
import { inject } from 'vitest'

export const hasNoMariaDb = inject('mariaDbUrl') === null
export const hasNoRedis = inject('redisUrl') === null
export const hasNoChromium = !inject('chromium')
export const hasNoGalera = inject('hasNoGalera')
export const hasNoHaproxy = inject('hasNoHaproxy')
export const hasNoOathtool = inject('hasNoOathtool')
export const hasNoPromtool = inject('hasNoPromtool')

/** Debian's own, which finds Debian's packages, whatever else is in PATH. */
export const PYTHON = '/usr/bin/python3'
export const hasNoFlask = !process.env.CI && spawnSync(PYTHON, ['-c', 'import flask_sqlalchemy, pymysql']).status !== 0
