import { createStores } from '../cache/stores.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { Config } from '../config.ts'
import { type MigrationStatus, migrate, migrationStatus } from '../database/migrations.ts'
import { type Orm, openDatabase } from '../database/orm.ts'
import { prepareDatabase } from '../database/prepare.ts'
import type { Feature } from '../feature.ts'
import { databaseParts, withBuiltIn } from '../features.ts'
import { createLogger } from '../logger.ts'
import { NO_METRICS } from '../metrics.ts'
import { createProcessParts, type Overrides } from '../process-parts.ts'
import { RateLimits } from '../rate-limit/rate-limits.ts'
import { createServices, type ProcessParts } from '../services.ts'
import { type AdminAccount, createAdmin } from '../users/first-admin.ts'
import type { UserService } from '../users/user.service.ts'
import { addDemoData, type DemoData } from './demo-data.ts'
import { type ExportOptions, exportAll } from './export.ts'
import { type FileImport, importFile } from './import/import-file.ts'
import { type FlaskImport, importFlask } from './import/import-flask.ts'
import { type Pruned, prune } from './prune.ts'
import { type KeysReset, resetKeys } from './reset-keys.ts'

/** The operator's commands. They use the services, and may run beside a running service. */
export interface Operator {
  /** @returns the names of the migrations that were run */
  migrate(): Promise<string[]>
  migrationStatus(): Promise<MigrationStatus[]>
  createAdmin(account: AdminAccount): Promise<{ id: string }>
  rotateKeys(): Promise<{ kid: string; activeFrom: Date }>
  /** Ends all keys and every session. It needs no secret that opens the keys. */
  resetKeys(): Promise<KeysReset>
  listKeys(): ReturnType<ProcessParts['tokens']['list']>
  prune(options?: { activitiesOlderThanDays?: number }): Promise<Pruned>
  importFile(options: FileImport): Promise<void>
  importFlask(options: FlaskImport): Promise<void>
  export(options: ExportOptions): Promise<void>
  addDemoData(options: DemoData): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the configured database. All commands except `migrate` and `migrationStatus` need a migrated one.
 * @param added the features that the service is given beside the built-in ones
 */
export async function openOperator(
  config: Config,
  added: readonly Feature[] = [],
  { clock = systemClock }: Pick<Overrides, 'clock'> = {},
): Promise<Operator> {
  const features = withBuiltIn(added)
  const database = await databaseParts(config.database, features)
  const orm = await openDatabase(config.database, database)
  const parts = async () => {
    await prepareDatabase(config.database, database, orm)
    return openParts(config, features, orm, clock)
  }
  return {
    migrate: () => migrate(config.database, database, orm),
    migrationStatus: () => migrationStatus(orm),
    createAdmin: async (account) => createAdmin(usersOf(await parts()), account),
    rotateKeys: async () => (await parts()).tokens.rotate(),
    async resetKeys() {
      await prepareDatabase(config.database, database, orm)
      return resetKeys(orm, config.secret, clock)
    },
    listKeys: async () => (await parts()).tokens.list(),
    prune: async (options) => prune(await parts(), options),
    importFile: async (options) => importFile(await parts(), options),
    importFlask: async (options) => importFlask(await parts(), options),
    export: async (options) => exportAll(await parts(), options),
    addDemoData: async (options) => addDemoData(await parts(), options),
    close: () => orm.close(),
  }
}

/** Without Redis: limits do not apply to operators. */
async function openParts(config: Config, features: readonly Feature[], orm: Orm, clock: Clock): Promise<ProcessParts> {
  const log = createLogger(config.log)
  const stores = await createStores({ redisUrl: undefined, log })
  const limits = new RateLimits({ redis: undefined, factor: config.rateLimitFactor, log })
  return createProcessParts({ config, features, orm, stores, limits, clock, log, metrics: NO_METRICS })
}

function usersOf(parts: ProcessParts): UserService {
  const em = parts.orm.em.fork({ useContext: true })
  return createServices(parts, em, { ipAddress: null, userAgent: null }).users
}
