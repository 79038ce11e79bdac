import { IsolationLevel } from '@mikro-orm/core'
import type { SqlEntityManager } from '@mikro-orm/mysql'
import { isRetryable } from './faults.ts'
import type { Orm } from './orm.ts'

/** Another process holds the lock of the migrations. */
export class OtherProcessError extends Error {}

/**
 * Runs the work in one process at a time. The lock is a row that is never committed, so that the server takes it back
 * from a process that dies. Each statement of a migration commits, so the row belongs to a connection of its own.
 * @throws OtherProcessError
 */
export async function alone<T>({ em }: Orm, work: () => Promise<T>): Promise<T> {
  const locked = async (lock: SqlEntityManager) => {
    // The connection waits for as long as a migration takes.
    await lock.execute('set session wait_timeout = 86400')
    try {
      // Without a wait: a lock that was waited for would hold the place of the rows that record migrations as well.
      await lock.execute('select id from mikro_orm_migrations where id = -1 for update nowait')
      await lock.execute("insert into mikro_orm_migrations (id, name) values (-1, 'lock')")
    } catch (error) {
      throw isRetryable(error) ? new OtherProcessError() : error
    }
    const done = await work()
    await lock.execute('delete from mikro_orm_migrations where id = -1')
    return done
  }
  // Read committed: a look for the row locks no place where it is not.
  return em.fork().transactional(locked, { isolationLevel: IsolationLevel.READ_COMMITTED })
}
