import type { CompiledQuery, ConnectionProvider, DatabaseConnection, QueryResult } from 'kysely'
import type { Pool, PoolConnection, QueryOptions } from 'mysql2'

type Outcome = object[] | { affectedRows: number }

/** Hands out the connections of mysql2's pool, without the steps that Kysely takes to them ("W4" in `bench/README.md`). */
export class MysqlConnections implements ConnectionProvider {
  constructor(private readonly pool: Pool) {}

  async provideConnection<T>(use: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    const connection = await this.#acquire()
    try {
      return await use(new MysqlConnection(connection))
    } finally {
      connection.release()
    }
  }

  /** Ends them, also those in use. Harmless where that was done before: they fail to end a second time. */
  close(): Promise<void> {
    return new Promise((resolve) => this.pool.end(() => resolve()))
  }

  #acquire(): Promise<PoolConnection> {
    return new Promise((resolve, reject) => {
      this.pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)))
    })
  }
}

class MysqlConnection implements DatabaseConnection {
  constructor(private readonly connection: PoolConnection) {}

  executeQuery<Row>({ sql, parameters }: Pick<CompiledQuery, 'sql' | 'parameters'>): Promise<QueryResult<Row>> {
    return new Promise((resolve, reject) => {
      this.connection.query(sql, parameters as QueryOptions['values'], (error, outcome) =>
        error ? reject(error) : resolve(resultOf<Row>(outcome as Outcome)),
      )
    })
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for it, and nothing here reads row by row.
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('Rows come all at once.')
  }
}

function resultOf<Row>(outcome: Outcome): QueryResult<Row> {
  if (Array.isArray(outcome)) return { rows: outcome as Row[] }
  return { rows: [], numAffectedRows: BigInt(outcome.affectedRows) }
}
