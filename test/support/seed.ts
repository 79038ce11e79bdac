/** Fills the tables of a MySQL database with realistic rows. */
import argon2 from 'argon2'
import { type Connection, createConnection } from 'mysql2/promise'
import { v7 } from 'uuid'

const BATCH = 2000
const DAY_MS = 86_400_000
const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

export interface SeedOptions {
  /** All accounts, administrators included. */
  users: number
  /** The oldest accounts: `admin0`, `admin1` and so on; all others are `user0`, `user1` and so on. */
  administrators: number
  activities: number
  /** The password of every account. */
  password: string
}

type Row = (string | number | null)[]

/** Accounts are 301 to 400 days old, activities 1 to 300, evenly spread; consecutive ones differ in their account. */
export async function seed(databaseUrl: string, options: SeedOptions): Promise<void> {
  const connection = await createConnection(databaseUrl)
  try {
    await connection.query('set foreign_key_checks = 0, unique_checks = 0')
    const { users, activities, administrators } = options
    const now = Date.now()
    const passwordHash = await hash(options.password)
    const userAt = spread(now - 400 * DAY_MS, now - 301 * DAY_MS, users)
    const ids = Array.from({ length: users }, (_, index) => v7({ msecs: userAt(index) }))
    await insert(connection, USERS, users, (index) => {
      const [role, name] =
        index < administrators ? ['admin', `admin${index}`] : ['user', `user${index - administrators}`]
      return userRow(ids[index] as string, role as string, name as string, passwordHash, sqlTime(userAt(index)))
    })
    const activityAt = spread(now - 300 * DAY_MS, now - DAY_MS, activities)
    await insert(connection, ACTIVITIES, activities, (index) =>
      activityRow(index, ids[index % users] as string, activityAt(index)),
    )
    await connection.query('analyze table users, activities')
  } finally {
    await connection.end()
  }
}

/** The service's default parameters, so that a login does not hash the password again. */
function hash(password: string): Promise<string> {
  return argon2.hash(password, { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 })
}

const USERS =
  'users (id, username, username_key, email, email_key, display_name, role, is_active, password_hash, created_at, updated_at, last_login_at)'
const ACTIVITIES = 'activities (id, action, details, ip_address, user_agent, timestamp, user_id, actor_id)'

function userRow(id: string, role: string, name: string, passwordHash: string, time: string): Row {
  const email = `${name}@example.com`
  return [id, name, name, email, email, `The ${name}`, role, 1, passwordHash, time, time, null]
}

function activityRow(index: number, userId: string, msecs: number): Row {
  const action = index % 5 === 0 ? 'PROFILE_UPDATED' : 'USER_LOGIN'
  const address = `192.0.2.${index % 250}`
  return [v7({ msecs }), action, null, address, USER_AGENT, sqlTime(msecs), userId, userId]
}

async function insert(connection: Connection, into: string, count: number, rowOf: (index: number) => Row) {
  for (let from = 0; from < count; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => rowOf(from + index))
    await connection.query(`insert into ${into} values ?`, [batch])
  }
}

function spread(from: number, to: number, count: number): (index: number) => number {
  return (index) => Math.floor(from + ((to - from) * index) / count)
}

function sqlTime(msecs: number): string {
  return new Date(msecs).toISOString().replace('T', ' ').replace('Z', '')
}
