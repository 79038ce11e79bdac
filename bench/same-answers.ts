/** A baseline that answers something else, or lets strangers in, would be no measure. */
import assert from 'node:assert/strict'
import { generateKeyPair, SignJWT } from 'jose'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { type Answer, ask, signIn } from './client.ts'
import type { Servers } from './servers.ts'
import { bodyOf, WORKLOADS } from './workloads.ts'

/** @throws AssertionError where one answers otherwise than the service, or its tokens are good for nothing */
export async function assertSameAnswers({ service, ...rivals }: Servers, database: Connection): Promise<void> {
  const admin = await signIn(service.url, 'admin0')
  for (const workload of WORKLOADS) {
    const body = bodyOf(workload, 0)
    const { answer, rows } = await askAndCount(service.url, body, admin, database)
    assert.ok(answer.data && !answer.errors, `${workload.name}: ${JSON.stringify(answer.errors)}`)
    for (const [name, { url }] of Object.entries(rivals)) {
      const other = await askAndCount(url, body, admin, database)
      const what = `${workload.name} at the ${name}`
      assert.deepEqual(withoutMoments(other.answer, workload.name), withoutMoments(answer, workload.name), what)
      assert.equal(other.rows, rows, `${what}: rows of activity`)
    }
  }
  for (const [name, { url }] of Object.entries(rivals)) {
    const { data } = await ask(url, bodyOf(WORKLOADS[0] as (typeof WORKLOADS)[0], 0), await signIn(url, 'user0'))
    assert.ok(data?.me, `the tokens of the ${name} are good for nothing`)
  }
}

/** @throws AssertionError where one lets somebody in whom it should not */
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

/** @returns the answer, and how many rows of activity it left */
async function askAndCount(url: string, body: string, token: string, database: Connection) {
  const before = await countActivities(database)
  const answer = await ask(url, body, token)
  return { answer, rows: (await countActivities(database)) - before }
}

/** With everything but the signature as it should be. */
async function forge(token: string): Promise<string> {
  const [header = '', payload = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  const { privateKey } = await generateKeyPair('EdDSA')
  return new SignJWT(JSON.parse(payload || '{}')).setProtectedHeader(JSON.parse(header)).sign(privateKey)
}

async function countActivities(database: Connection): Promise<number> {
  const [[row]] = await database.query<RowDataPacket[]>('select count(*) as n from activities')
  return Number(row?.n)
}

/** A change and a sign-in are of another moment each time, and their ids and tokens are of one time alone. */
function withoutMoments(answer: Answer, name: string): unknown {
  if (name !== 'W4' && name !== 'W5') return answer
  return JSON.parse(JSON.stringify(answer), function (this: object, key, value) {
    const isOfOneTime = ONE_TIME.has(key) || (key === 'id' && 'expiresAt' in this)
    return isOfOneTime ? typeof value : value
  })
}

const ONE_TIME = new Set(['accessToken', 'accessTokenExpiresAt', 'refreshToken', 'expiresAt', 'updatedAt'])
