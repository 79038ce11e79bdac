import { createStores } from '../cache/stores.ts'
import { systemClock } from '../clock.ts'
import type { Config } from '../config.ts'
import { type MigrationStatus, migrate, migrationStatus } from '../database/migrations.ts'
import { type Orm, openDatabase } from '../database/orm.ts'
import { prepareDatabase } from '../database/prepare.ts'
import { createLogger } from '../logger.ts'
import { createMetrics } from '../metrics.ts'
import { createShared, type Shared } from '../parts.ts'
import { RateLimits } from '../rate-limit/rate-limits.ts'
import { Services } from '../services.ts'
import { type AdminAccount, createAdmin } from '../users/first-admin.ts'
import type { UserService } from '../users/user.service.ts'
import { type Pruned, prune } from './prune.ts'

/** The operator's commands. They use the services, and may run beside a running service. */
export interface Operator {
  /** @returns the names of the migrations that were run */
  migrate(): Promise<string[]>
  migrationStatus(): Promise<MigrationStatus[]>
  createAdmin(account: AdminAccount): Promise<{ id: string }>
  rotateKeys(): Promise<{ kid: string; activeFrom: Date }>
  listKeys(): ReturnType<Shared['tokens']['list']>
  prune(options?: { activitiesOlderThanDays?: number }): Promise<Pruned>
  close(): Promise<void>
}

/** Opens the configured database. All commands except `migrate` and `migrationStatus` need a migrated one. */
export async function openOperator(config: Config): Promise<Operator> {
  const orm = await openDatabase(config.database)
  const shared = () => openShared(config, orm)
  return {
    migrate: () => migrate(config.database, orm),
    migrationStatus: () => migrationStatus(orm),
    createAdmin: async (account) => createAdmin(usersOf(await shared()), account),
    rotateKeys: async () => (await shared()).tokens.rotate(),
    listKeys: async () => (await shared()).tokens.list(),
    prune: async (options) => prune(await shared(), options),
    close: () => orm.close(),
  }
}

/** Without Redis: limits do not apply to operators. */
async function openShared(config: Config, orm: Orm): Promise<Shared> {
  await prepareDatabase(config.database, orm)
  const log = createLogger(config.log)
  const stores = await createStores({ redisUrl: undefined, log })
  const limits = new RateLimits({ redis: undefined, factor: config.rateLimitFactor, log })
  return createShared({ config, orm, stores, log, clock: systemClock, metrics: await createMetrics(false), limits })
}

function usersOf(shared: Shared): UserService {
  return new Services(shared, { ipAddress: null, userAgent: null }).users
}
