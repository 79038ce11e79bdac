import { setTimeout as pause } from 'node:timers/promises'
import type { App } from '../../src/app.ts'
import { TestClient } from '../support/client.ts'
import { PASSWORD } from '../support/story.ts'

/** One way in which a part fails and recovers. */
export interface Fault {
  name: string
  begin(): void | Promise<void>
  end(): void | Promise<void>
}

/** Stretches the promised times, because machines that run tests are busy. */
export const PATIENCE = 2

export interface Timed<T> {
  result: T
  ms: number
}

export async function timed<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const begin = performance.now()
  const result = await work()
  return { result, ms: performance.now() - begin }
}

/** Tries until the condition holds, and returns the milliseconds. @throws after `maxMs` */
export async function untilTrue(maxMs: number, isSo: () => Promise<boolean>): Promise<number> {
  const begin = performance.now()
  for (;;) {
    if (await isSo()) return performance.now() - begin
    if (performance.now() - begin > maxMs) throw new Error(`Not so within ${maxMs} ms`)
    await pause(50)
  }
}

export interface Readiness {
  status: string
  checks: { database: string; redis: string }
}

export async function readiness(app: Pick<App, 'url'>): Promise<{ code: number; body: Readiness }> {
  const response = await fetch(`${app.url}/health/ready`)
  return { code: response.status, body: (await response.json()) as Readiness }
}

const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken } }'
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const REFRESH = 'mutation ($input: RefreshInput!) { refresh(input: $input) { accessToken refreshToken } }'
const RENAME = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user { displayName } } }'

export function login(app: Pick<App, 'url'>, identifier: string, password = PASSWORD) {
  return new TestClient(app.url).run<{ login: { accessToken: string } | null }, object>(LOGIN, {
    input: { identifier, password },
  })
}

export function register(app: Pick<App, 'url'>, username: string) {
  const input = { username, email: `${username}@example.com`, password: PASSWORD }
  return new TestClient(app.url).run<{ register: { user: { id: string } } | null }, object>(REGISTER, { input })
}

export function refresh(app: Pick<App, 'url'>, refreshToken: string) {
  const input = { refreshToken }
  return new TestClient(app.url).run<{ refresh: { refreshToken: string; accessToken: string } | null }, object>(
    REFRESH,
    {
      input,
    },
  )
}

export function rename(client: TestClient, displayName: string) {
  return client.run<{ updateProfile: { user: { displayName: string } } | null }, object>(RENAME, {
    input: { displayName },
  })
}
