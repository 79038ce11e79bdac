import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import {
  CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  type DialectAdapter,
  QueryCreator,
  type QueryResult,
} from 'kysely'
import { ServiceUnavailableError } from '../errors.ts'
import { isRetryable, isUnavailable } from './faults.ts'
import type { Orm } from './orm.ts'
import { bindable, convertRows, valuesOfDatabase } from './row-values.ts'
import { columnOf, type Entities, type Tables } from './tables.ts'

const MAX_RETRIES = 3

interface OpenTransaction {
  readonly connection: DatabaseConnection
  /** The connection is somebody else's then. */
  isOver: boolean
}

/** Kysely's connections take texts as they take what it has put together. */
const TEXT = CompiledQuery.raw('')

/**
 * Statements over MikroORM's connections, in rows and not in entities. Inside of `inTransaction` they belong to the
 * transaction, wherever they are written: what its work awaits finds it by the async context, and nothing else does.
 *
 * Statements of hot paths are plain text: putting one together with Kysely takes as long as all the rest of it.
 */
export class Database {
  readonly #connections: ConnectionProvider
  readonly #adapter: DialectAdapter
  readonly #openTransaction = new AsyncLocalStorage<OpenTransaction>()
  /**
   * For what is asked seldom: Kysely in the terms of the tables. Moments and booleans are what `Stored` says.
   * Not by MikroORM's own plugin for Kysely: it takes longer over a statement than the database.
   */
  readonly rows: QueryCreator<Tables>

  constructor({ em, connections }: Pick<Orm, 'em' | 'connections'>) {
    const kysely = em.getConnection().getClient().getExecutor()
    this.#connections = connections
    this.#adapter = kysely.adapter
    const executor = kysely
      .withConnectionProvider({ provideConnection: (use) => this.#withConnection(use) })
      .withPlugin(valuesOfDatabase(this.#adapter))
    this.rows = new QueryCreator({ executor })
  }

  /** The rows of a statement, with `columnList` in the names of their properties. @param text with `?` for each value */
  async read<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return convertRows((await this.#run<Row>(text, values)).rows)
  }

  /** How many rows there are. @param from `from …` with its conditions */
  async count(from: string, values: readonly unknown[]): Promise<number> {
    const [row] = await this.read<{ total: number | bigint }>(`select count(*) as total ${from}`, values)
    return Number(row?.total)
  }

  /** Adds rows, in one statement. All have the properties of the first. */
  async insert<Table extends keyof Entities>(table: Table, entities: readonly Entities[Table][]): Promise<void> {
    const [first] = entities
    if (!first) return
    const properties = Object.keys(first) as (keyof Entities[Table] & string)[]
    const columns = properties.map(quoted).join(', ')
    const row = `(?${', ?'.repeat(properties.length - 1)})`
    const values: unknown[] = []
    for (const entity of entities) for (const property of properties) values.push(entity[property])
    await this.#run(`insert into \`${table}\` (${columns}) values ${entities.map(() => row).join(', ')}`, values)
  }

  /**
   * Changes the rows that have all the values of `where`, and returns how many there are. Properties of `changes` that
   * are undefined stay as they are; one of `where` never falls away, and matches nothing.
   */
  async update<Table extends keyof Entities>(
    table: Table,
    changes: Partial<Entities[Table]>,
    where: Partial<Entities[Table]>,
  ): Promise<number> {
    const values: unknown[] = []
    let set = ''
    for (const [property, value] of Object.entries(changes)) {
      if (value === undefined) continue
      set += `${set && ', '}${quoted(property)} = ?`
      values.push(value)
    }
    if (set === '') return 0
    let conditions = ''
    for (const [property, value] of Object.entries(where)) {
      conditions += `${conditions && ' and '}${quoted(property)} = ?`
      values.push(value ?? null)
    }
    const text = `update \`${table}\` set ${set} where ${conditions}`
    return Number((await this.#run(text, values)).numAffectedRows ?? 0)
  }

  /**
   * Runs the work as one transaction. Deadlocks, lock time-outs and SQLITE_BUSY run the whole work again, at most
   * 3 times, so it must hold nothing that may not be repeated: no hashing, no network call but the database's.
   * Within another one it is a part of that.
   *
   * @throws ServiceUnavailableError where the database is away or stays busy. Nothing was done then, unless the
   *   commit was sent and its answer lost: outcome 'unknown'.
   */
  async inTransaction<T>(work: () => Promise<T>): Promise<T> {
    if (this.#transactionOfWork) return work()
    for (let retry = 0; ; retry++) {
      let isCommitting = false
      try {
        return await this.#transaction(work, () => {
          isCommitting = true
        })
      } catch (error) {
        if (isRetryable(error) && retry < MAX_RETRIES) {
          await pause(retry * 10 + Math.random() * 20)
          continue
        }
        if (!isUnavailable(error)) throw error
        throw new ServiceUnavailableError({
          cause: error,
          outcome: isCommitting && !isRetryable(error) ? 'unknown' : undefined,
        })
      }
    }
  }

  /** Once. Throws what ended the work or the commit, also where the rollback fails as well. */
  #transaction<T>(work: () => Promise<T>, beforeCommit: () => void): Promise<T> {
    return this.#connections.provideConnection(async (connection) => {
      const transaction = { connection, isOver: false }
      await send(connection, 'begin')
      try {
        const result = await this.#openTransaction.run(transaction, work)
        transaction.isOver = true
        beforeCommit()
        await send(connection, 'commit')
        return result
      } catch (error) {
        transaction.isOver = true
        await send(connection, 'rollback').catch(() => undefined)
        throw error
      }
    })
  }

  get #transactionOfWork(): OpenTransaction | undefined {
    const transaction = this.#openTransaction.getStore()
    if (transaction?.isOver) throw new Error('The transaction was over before all of its work was.')
    return transaction
  }

  async #withConnection<T>(use: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    const transaction = this.#transactionOfWork
    try {
      return await (transaction ? use(transaction.connection) : this.#connections.provideConnection(use))
    } catch (error) {
      // The driver's tells where it read the answer, not who had asked.
      if (error instanceof Error) Error.captureStackTrace(error)
      throw error
    }
  }

  #run<Row>(text: string, values: readonly unknown[]): Promise<QueryResult<Row>> {
    const bound = bindable(this.#adapter, values)
    return this.#withConnection((connection) => send<Row>(connection, text, bound))
  }
}

function send<Row>(connection: DatabaseConnection, sql: string, parameters: readonly unknown[] = []) {
  return connection.executeQuery<Row>({ ...TEXT, sql, parameters })
}

function quoted(property: string): string {
  return `\`${columnOf(property)}\``
}
