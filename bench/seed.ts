/** Rows that look like those of a service in use, straight into the tables. */
import argon2 from 'argon2'
import { type Connection, createConnection } from 'mysql2/promise'
import { v7 } from 'uuid'
import { NAMED, PASSWORD } from './workloads.ts'

const BATCH = 2000
const DAY_MS = 86_400_000
const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

type Row = (string | number | null)[]

/** Accounts are 400 days old at most and activities 300, evenly spread; each activity is of another account. */
export async function seed(databaseUrl: string, userCount: number, activityCount: number): Promise<void> {
  const connection = await createConnection(databaseUrl)
  try {
    await connection.query('set foreign_key_checks = 0, unique_checks = 0')
    const now = Date.now()
    const passwordHash = await argon2.hash(PASSWORD, {
      type: argon2.argon2id,
      memoryCost: 19_456,
      timeCost: 2,
      parallelism: 1,
    })
    const userAt = spread(now - 400 * DAY_MS, now - 301 * DAY_MS, userCount)
    const ids = Array.from({ length: userCount }, (_, index) => v7({ msecs: userAt(index) }))
    await insert(connection, USERS, userCount, (index) =>
      userRow(index, ids[index] as string, passwordHash, sqlTime(userAt(index))),
    )
    const activityAt = spread(now - 300 * DAY_MS, now - DAY_MS, activityCount)
    await insert(connection, ACTIVITIES, activityCount, (index) =>
      activityRow(index, ids[index % userCount] as string, activityAt(index)),
    )
    await connection.query('analyze table users, activities')
  } finally {
    await connection.end()
  }
}

const USERS =
  'users (id, username, username_key, email, email_key, display_name, role, is_active, password_hash, created_at, updated_at, last_login_at)'
const ACTIVITIES = 'activities (id, action, details, ip_address, user_agent, timestamp, user_id, actor_id)'

/** The first ones are `admin0` …, all others `user0` …, so that the newest users are plain ones. */
function userRow(index: number, id: string, passwordHash: string, time: string): Row {
  const isAdmin = index < NAMED
  const name = isAdmin ? `admin${index}` : `user${index - NAMED}`
  const email = `${name}@example.com`
  const role = isAdmin ? 'admin' : 'user'
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
