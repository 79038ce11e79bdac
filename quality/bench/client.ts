import { bodyOf, NAMED, PASSWORD, WORKLOADS, type Workload } from './workloads.ts'

export interface Answer {
  data?: Record<string, unknown> | null
  errors?: { message: string; extensions?: { code?: string } }[]
}

export function headersWith(token: string | null): Record<string, string> {
  return { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) }
}

export async function ask(url: string, body: string, token: string | null): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', headers: headersWith(token), body })
  return (await response.json()) as Answer
}

export async function signIn(url: string, identifier: string): Promise<string> {
  const login = WORKLOADS.find(({ name }) => name === 'W5') as Workload
  const variables = { input: { identifier, password: PASSWORD } }
  const body = JSON.stringify({ ...JSON.parse(bodyOf(login, 0)), variables })
  const { data, errors } = await ask(url, body, null)
  const payload = data?.login as { accessToken: string } | null | undefined
  if (!payload) throw new Error(`Nobody is signed in: ${JSON.stringify(errors)}`)
  return payload.accessToken
}

/** One token for each connection, each of another account. */
export async function signInAll(url: string, role: 'user' | 'admin'): Promise<string[]> {
  return Promise.all(Array.from({ length: NAMED }, (_, index) => signIn(url, `${role}${index}`)))
}
