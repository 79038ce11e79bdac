/** Checks that both servers do the same work: a baseline with other answers or without a check would be no measure. */
import assert from 'node:assert/strict'
import { generateKeyPair, SignJWT } from 'jose'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { type Answer, ask, signIn } from './client.ts'
import type { Servers } from './servers.ts'
import { bodyOf, WORKLOADS } from './workloads.ts'

/** @throws AssertionError where an answer of the baseline differs, or its access token is refused */
export async function assertSameAnswers({ service, baseline }: Servers, database: Connection): Promise<void> {
  const admin = await signIn(service.url, 'admin0')
  for (const workload of WORKLOADS) {
    const body = bodyOf(workload, 0)
    const { answer, rows } = await askAndCount(service.url, body, admin, database)
    assert.ok(answer.data && !answer.errors, `${workload.name}: ${JSON.stringify(answer.errors)}`)
    const other = await askAndCount(baseline.url, body, admin, database)
    assert.deepEqual(withoutMoments(other.answer, workload.name), withoutMoments(answer, workload.name), workload.name)
    assert.equal(other.rows, rows, `${workload.name}: rows of activity`)
  }
  const token = await signIn(baseline.url, 'user0')
  const { data } = await ask(baseline.url, bodyOf(WORKLOADS[0] as (typeof WORKLOADS)[0], 0), token)
  assert.ok(data?.me, 'the tokens of the baseline are refused')
}

/** @throws AssertionError where a server answers a request that it should refuse */
export async function assertSameRefusals(servers: Servers): Promise<void> {
  const { url } = servers.service
  const user = await signIn(url, 'user1')
  const ended = await signIn(url, 'user1')
  await ask(url, JSON.stringify({ query: 'mutation { logout { sessionId } }' }), ended)
  const strangers = { nobody: null, nonsense: 'abc.def.ghi', forged: await forge(user), changed: `${user}x`, ended }
  for (const workload of WORKLOADS.filter(({ signedInAs }) => signedInAs !== null)) {
    for (const [stranger, token] of Object.entries(strangers))
      await assertRefused(servers, bodyOf(workload, 1), token, 'UNAUTHENTICATED', `${workload.name} by ${stranger}`)
    if (workload.signedInAs === 'admin')
      await assertRefused(servers, bodyOf(workload, 1), user, 'FORBIDDEN', `${workload.name} by a user`)
  }
  const login = bodyOf(WORKLOADS.at(-1) as (typeof WORKLOADS)[0], 0)
  const wrong = login.replace('battery', 'pattery')
  await assertRefused(servers, wrong, null, 'INVALID_CREDENTIALS', 'a wrong password')
  await assertRefused(servers, login.replace('user0', 'user0x'), null, 'INVALID_CREDENTIALS', 'an unknown account')
}

async function assertRefused(servers: Servers, body: string, token: string | null, code: string, what: string) {
  for (const [name, { url }] of Object.entries(servers)) {
    const { data, errors } = await ask(url, body, token)
    const codes = errors?.map(({ extensions }) => extensions?.code)
    assert.deepEqual(codes, [code], `${what} at the ${name}`)
    assert.deepEqual(Object.values(data ?? {}), [null], `${what} at the ${name}`)
  }
}

/** @returns the answer, and the number of activity rows that it added */
async function askAndCount(url: string, body: string, token: string, database: Connection) {
  const before = await countActivities(database)
  const answer = await ask(url, body, token)
  return { answer, rows: (await countActivities(database)) - before }
}

/** The same header and claims, signed by another key. */
async function forge(token: string): Promise<string> {
  const [header = '', payload = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  const { privateKey } = await generateKeyPair('EdDSA')
  return new SignJWT(JSON.parse(payload || '{}')).setProtectedHeader(JSON.parse(header)).sign(privateKey)
}

async function countActivities(database: Connection): Promise<number> {
  const [[row]] = await database.query<RowDataPacket[]>('select count(*) as n from activities')
  return Number(row?.n)
}

/** W4 and W5 answer with new times, ids and tokens on every request: only the types of those are compared. */
function withoutMoments(answer: Answer, name: string): unknown {
  if (name !== 'W4' && name !== 'W5') return answer
  return JSON.parse(JSON.stringify(answer), function (this: object, key, value) {
    const isNewEachTime = NEW_EACH_TIME.has(key) || (key === 'id' && 'expiresAt' in this)
    return isNewEachTime ? typeof value : value
  })
}

const NEW_EACH_TIME = new Set(['accessToken', 'accessTokenExpiresAt', 'refreshToken', 'expiresAt', 'updatedAt'])
