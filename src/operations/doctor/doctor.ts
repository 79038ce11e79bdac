import type { Clock } from '../../clock.ts'
import { type Config, ConfigError, type Environment, readConfig } from '../../config.ts'
import { openDatabase } from '../../database/orm.ts'
import { databaseParts } from '../../features.ts'
import { nearVariables } from '../../near-variables.ts'
import { checkDatabase } from './check-database.ts'
import { checkFolders } from './check-folders.ts'
import { checkKeys } from './check-keys.ts'
import { checkMail, checkRedis } from './check-parts.ts'
import { type Finding, fault, ok, skipped, warning } from './finding.ts'

/** Looks at the settings and at everything that they name. A part that is away is a finding, never a failure. */
export async function diagnose(env: Environment, clock: Clock): Promise<Finding[]> {
  const { config, findings } = checkSettings(env)
  if (!config) return [...findings, skipped('everything else', 'It needs valid settings.')]
  return [
    ...findings,
    ...checkFolders(config),
    ...(await checkDatabaseAndKeys(config, clock)),
    await checkRedis(config.redisUrl),
    await checkMail(config.mail),
  ]
}

function checkSettings(env: Environment): { config?: Config; findings: Finding[] } {
  const near = nearVariables(env).map(({ name, meant }) =>
    warning('settings', `${name} is not read.`, `Is ${meant} meant?`),
  )
  try {
    const config = readConfig(env)
    const mode = config.production ? 'production' : 'development'
    return { config, findings: [ok('settings', `valid, for ${mode}`), ...near] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const advice = '.env.example explains each variable.'
    return { findings: [...error.faults.map((text) => fault('settings', text, advice)), ...near] }
  }
}

async function checkDatabaseAndKeys(config: Config, clock: Clock): Promise<Finding[]> {
  const orm = await openDatabase(config.database, await databaseParts(config.database))
  try {
    const findings = await checkDatabase(config.database, orm, clock)
    const isReady = findings.every(({ check, status }) => status !== 'fault' || check === 'clock')
    if (!isReady) return [...findings, skipped('signing keys', 'The database has to be right first.')]
    return [...findings, await checkKeys(config.secret, orm, clock)]
  } finally {
    await orm.close()
  }
}
