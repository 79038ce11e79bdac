import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { databaseUrl } from '../../config-values.ts'
import { StartRefusedError } from '../../errors.ts'
import { type FlaskRow, toFlaskRow } from './flask-rows.ts'

type Table = 'users' | 'activities'

const CONNECT_MS = 5_000

/** The database of the Flask template. It is only read. */
export class FlaskSource {
  private constructor(
    private readonly connection: Connection,
    /** The name of the database. */
    readonly name: string,
  ) {}

  /** @throws StartRefusedError for an address that is none; it is not repeated, because it may hold a password */
  static async open(url: string): Promise<FlaskSource> {
    const parsed = databaseUrl().safeParse(url)
    if (!parsed.success || parsed.data.kind !== 'mysql')
      throw new StartRefusedError('--database-url must be mysql://user:password@host:port/name or mariadb://…')
    const { hostname, port, username, password, pathname } = new URL(parsed.data.url)
    const connection = await createConnection({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? 3306 : Number(port),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: decodeURIComponent(pathname.slice(1)),
      charset: 'utf8mb4',
      // Text, because zero dates and the years before 1970 are no Dates.
      dateStrings: true,
      connectTimeout: CONNECT_MS,
    })
    // TIMESTAMP columns are shown in the zone of the connection.
    await connection.query("set session time_zone = '+00:00'")
    return new FlaskSource(connection, decodeURIComponent(pathname.slice(1)))
  }

  /** Null where there is no such table. */
  async count(table: Table): Promise<number | null> {
    try {
      const [rows] = await this.connection.query<RowDataPacket[]>(`select count(*) as total from ${table}`)
      return Number(rows[0]?.['total'])
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ER_NO_SUCH_TABLE') return null
      throw error
    }
  }

  /** All rows in the order of their ids, in batches. */
  async *batches(table: Table, size: number): AsyncGenerator<FlaskRow[]> {
    for (let after: unknown = -1; ; ) {
      const text = `select * from ${table} where id > ? order by id limit ${size}`
      const [rows] = await this.connection.query<RowDataPacket[]>(text, [after])
      if (rows.length === 0) return
      yield rows.map(toFlaskRow)
      after = rows.at(-1)?.['id']
    }
  }

  async usersById(ids: readonly unknown[]): Promise<FlaskRow[]> {
    if (ids.length === 0) return []
    const [rows] = await this.connection.query<RowDataPacket[]>('select * from users where id in (?)', [ids])
    return rows.map(toFlaskRow)
  }

  async close(): Promise<void> {
    await this.connection.end()
  }
}
