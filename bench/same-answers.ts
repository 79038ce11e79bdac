/** A baseline that answers something else, or lets strangers in, would be no measure. */
import assert from 'node:assert/strict'
import { generateKeyPair, SignJWT } from 'jose'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { type Answer, ask, signIn } from './client.ts'
import { bodyOf, WORKLOADS } from './workloads.ts'

interface Urls {
  service: string
  baseline: string
}

/** @throws AssertionError where the two differ, or let somebody in whom they should not */
export async function assertSameAnswers(urls: Urls, database: Connection): Promise<void> {
  const admin = await signIn(urls.service, 'admin0')
  for (const workload of WORKLOADS) {
    const body = bodyOf(workload, 0)
    const before = await countActivities(database)
    const service = await ask(urls.service, body, admin)
    const between = await countActivities(database)
    const baseline = await ask(urls.baseline, body, admin)
    const after = await countActivities(database)
    assert.ok(service.data && !service.errors, `${workload.name}: ${JSON.stringify(service.errors)}`)
    assert.deepEqual(withoutMoments(baseline, workload.name), withoutMoments(service, workload.name), workload.name)
    assert.equal(after - between, between - before, `${workload.name}: rows of activity`)
  }
  const own = await signIn(urls.baseline, 'user0')
  const { data } = await ask(urls.baseline, bodyOf(WORKLOADS[0] as (typeof WORKLOADS)[0], 0), own)
  assert.ok(data?.me, 'the tokens of the baseline are good for nothing')
}

/** @throws AssertionError */
export async function assertSameRefusals(urls: Urls): Promise<void> {
  const user = await signIn(urls.service, 'user1')
  const ended = await signIn(urls.service, 'user1')
  await ask(urls.service, JSON.stringify({ query: 'mutation { logout { sessionId } }' }), ended)
  const strangers = { nobody: null, nonsense: 'abc.def.ghi', forged: await forge(user), changed: `${user}x`, ended }
  for (const workload of WORKLOADS.filter(({ signedInAs }) => signedInAs !== null)) {
    for (const [stranger, token] of Object.entries(strangers))
      await assertRefused(urls, bodyOf(workload, 1), token, 'UNAUTHENTICATED', `${workload.name} by ${stranger}`)
    if (workload.signedInAs === 'admin')
      await assertRefused(urls, bodyOf(workload, 1), user, 'FORBIDDEN', `${workload.name} by a user`)
  }
  const login = bodyOf(WORKLOADS.at(-1) as (typeof WORKLOADS)[0], 0)
  const wrong = login.replace('battery', 'pattery')
  await assertRefused(urls, wrong, null, 'INVALID_CREDENTIALS', 'a wrong password')
  await assertRefused(urls, login.replace('user0', 'user0x'), null, 'INVALID_CREDENTIALS', 'an unknown account')
}

async function assertRefused(urls: Urls, body: string, token: string | null, code: string, what: string) {
  for (const [name, url] of Object.entries(urls)) {
    const { data, errors } = await ask(url, body, token)
    const codes = errors?.map(({ extensions }) => extensions?.code)
    assert.deepEqual(codes, [code], `${what} at the ${name}`)
    assert.deepEqual(Object.values(data ?? {}), [null], `${what} at the ${name}`)
  }
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
