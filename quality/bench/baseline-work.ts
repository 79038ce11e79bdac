import argon2 from 'argon2'
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise'
import { v7 } from 'uuid'
import { refreshTokenOf, signAccessToken } from './baseline-tokens.ts'
import { isoTime, sqlTime, type ViewerRow } from './baseline-viewer.ts'

/** The request is answered with an error of this code. */
export class Refusal extends Error {
  readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'INVALID_CREDENTIALS'

  constructor(code: Refusal['code']) {
    super(code)
    this.code = code
  }
}

interface Origin {
  ipAddress: string
  userAgent: string | null
}

interface UserRow extends ViewerRow {
  password_hash: string
}

interface ActivityRow extends RowDataPacket {
  id: string
  action: string
  ip_address: string | null
  timestamp: string
  user_id: string
}

const USERS = `select id, username, email, display_name, role, created_at from users
  order by created_at desc, id desc limit 21`
const NEWEST_OF_USER = `(select id, action, timestamp, user_id from activities where user_id = ?
  order by timestamp desc, id desc limit 6)`
const ACTIVITIES = `select id, action, ip_address, timestamp, user_id from activities
  order by timestamp desc, id desc limit 101`
const RECORD = `insert into activities (id, action, details, ip_address, user_agent, timestamp, user_id, actor_id)
  values (?, ?, null, ?, ?, ?, ?, ?)`

const OPEN_SESSIONS = 'select id from sessions where user_id = ? and ends_at > ? order by last_active_at, id'
const NEW_SESSION = `insert into sessions (id, user_id, transport, csrf_token, generation, rotated_at, created_at,
  last_active_at, expires_at, ends_at, ip_address, user_agent) values (?, ?, 'BODY', null, 1, ?, ?, ?, ?, ?, ?, ?)`

type Run = (viewer: ViewerRow | null, input: Record<string, string>, origin: Origin) => Promise<unknown>

/** Root field and handler of each workload, by the operation's name. */
export function createWork(pool: Pool): Record<string, { field: string; run: Run } | undefined> {
  return {
    W1: { field: 'me', run: async (viewer) => me(required(viewer)) },
    W2: { field: 'users', run: async (viewer) => users(pool, administrator(viewer)) },
    W3: { field: 'activities', run: async (viewer) => activities(pool, administrator(viewer)) },
    W4: {
      field: 'updateProfile',
      run: async (viewer, { displayName = '' }, origin) => rename(pool, required(viewer), displayName, origin),
    },
    W5: {
      field: 'login',
      run: async (_, { identifier = '', password = '' }, origin) => login(pool, identifier, password, origin),
    },
  }
}

function required(viewer: ViewerRow | null): ViewerRow {
  if (!viewer) throw new Refusal('UNAUTHENTICATED')
  return viewer
}

function administrator(viewer: ViewerRow | null): ViewerRow {
  if (required(viewer).role !== 'admin') throw new Refusal('FORBIDDEN')
  return required(viewer)
}

function me(user: ViewerRow) {
  const { id, username, email } = user
  return {
    id,
    username,
    email,
    displayName: user.display_name,
    isActive: user.is_active === 1,
    createdAt: isoTime(user.created_at),
    lastLoginAt: isoTime(user.last_login_at),
    role: { name: user.role },
  }
}

async function users(pool: Pool, _viewer: ViewerRow) {
  const [found] = await pool.execute<ViewerRow[]>(USERS)
  const page = found.slice(0, 20)
  const ids = page.map(({ id }) => id)
  const [newest] = await pool.execute<ActivityRow[]>(ids.map(() => NEWEST_OF_USER).join(' union all '), ids)
  const byUser = Map.groupBy(newest, ({ user_id }) => user_id)
  const nodes = page.map((user) => ({
    id: user.id,
    username: user.username,
    email: user.email,
    displayName: user.display_name,
    createdAt: isoTime(user.created_at),
    role: { name: user.role },
    activities: {
      nodes: (byUser.get(user.id) ?? [])
        .slice(0, 5)
        .map(({ id, action, timestamp }) => ({ id, action, timestamp: isoTime(timestamp) })),
    },
  }))
  return { nodes, pageInfo: { hasNextPage: found.length > 20 } }
}

async function activities(pool: Pool, _viewer: ViewerRow) {
  const [found] = await pool.execute<ActivityRow[]>(ACTIVITIES)
  const page = found.slice(0, 100)
  const ids = [...new Set(page.map(({ user_id }) => user_id))]
  const [named] = await pool.execute<ViewerRow[]>(
    `select id, username, display_name from users where id in (${ids.map(() => '?').join(', ')})`,
    ids,
  )
  const byId = new Map(named.map((user) => [user.id, user]))
  const nodes = page.map(({ id, action, ip_address, timestamp, user_id }) => {
    const user = byId.get(user_id)
    return {
      id,
      action,
      ipAddress: ip_address,
      timestamp: isoTime(timestamp),
      user: user ? { id: user.id, username: user.username, displayName: user.display_name } : null,
    }
  })
  return { nodes, pageInfo: { hasNextPage: found.length > 100 } }
}

async function rename(pool: Pool, { id }: ViewerRow, displayName: string, origin: Origin) {
  const now = sqlTime(new Date())
  await inTransaction(pool, async (connection) => {
    await connection.execute('update users set display_name = ?, updated_at = ? where id = ?', [displayName, now, id])
    await record(connection, 'PROFILE_UPDATED', id, now, origin)
  })
  return { user: { id, displayName, updatedAt: isoTime(now) } }
}

async function login(pool: Pool, identifier: string, password: string, origin: Origin) {
  const [[user]] = await pool.execute<UserRow[]>(
    'select id, username, role, is_active, password_hash from users where username_key = ?',
    [identifier.toLowerCase()],
  )
  const isRight = user !== undefined && (await argon2.verify(user.password_hash, password))
  if (!user || !isRight || user.is_active !== 1) throw new Refusal('INVALID_CREDENTIALS')
  const session = await inTransaction(pool, (connection) => beginSession(connection, user, origin))
  const issuedAt = Math.floor(Date.now() / 1000)
  return {
    accessToken: await signAccessToken(user.id, session.id, user.role, issuedAt, issuedAt + 900),
    accessTokenExpiresAt: new Date((issuedAt + 900) * 1000).toISOString(),
    refreshToken: refreshTokenOf(session.id),
    session: { id: session.id, expiresAt: isoTime(session.expiresAt) },
    user: { id: user.id, username: user.username },
  }
}

async function beginSession(connection: PoolConnection, user: UserRow, { ipAddress, userAgent }: Origin) {
  const id = v7()
  const now = new Date()
  const time = sqlTime(now)
  const [endsAt, expiresAt] = [daysAfter(now, 14), daysAfter(now, 90)]
  await connection.execute('update users set last_login_at = ? where id = ? and is_active = 1 and password_hash = ?', [
    time,
    user.id,
    user.password_hash,
  ])
  // The service reads the open sessions here to hold MAX_SESSIONS.
  await connection.execute(OPEN_SESSIONS, [user.id, time])
  await connection.execute(NEW_SESSION, [id, user.id, time, time, time, expiresAt, endsAt, ipAddress, userAgent])
  await record(connection, 'USER_LOGIN', user.id, time, { ipAddress, userAgent })
  return { id, expiresAt }
}

function daysAfter(moment: Date, days: number): string {
  return sqlTime(new Date(moment.getTime() + days * 86_400_000))
}

async function record(connection: PoolConnection, action: string, userId: string, now: string, origin: Origin) {
  await connection.execute(RECORD, [v7(), action, origin.ipAddress, origin.userAgent, now, userId, userId])
}

async function inTransaction<T>(pool: Pool, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
  const connection = await pool.getConnection()
  try {
    await connection.beginTransaction()
    const result = await work(connection)
    await connection.commit()
    return result
  } catch (error) {
    await connection.rollback()
    throw error
  } finally {
    connection.release()
  }
}
