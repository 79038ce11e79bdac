import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { buildSchema } from 'graphql'
import { type FuzzOptions, fuzzOperations, fuzzRequests, type Outcome } from '../../test/security/fuzz/fuzz.ts'
import { ADMIN, type Backend, type Production, startProduction } from './production.ts'
import { call } from './service.ts'

/** Operations and requests of one step; each step signs in anew, before its access token ends. */
const CHUNK = 1000
const ERROR = 50

const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }'
const schema = buildSchema(readFileSync(resolve(import.meta.dirname, '../../schema.graphql'), 'utf8'))

/** Random operations and random bytes: each must be answered with a known code, and none may log an error. */
export async function run(args: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args,
    options: { count: { type: 'string', default: '20000' }, seed: { type: 'string' }, on: { type: 'string' } },
  })
  const count = Number(values.count)
  if (!Number.isInteger(count) || count < 1) throw new RangeError('--count is no whole number from 1')
  const seed = Number(values.seed ?? randomInt(2 ** 30))
  const backends: Backend[] = values.on === undefined ? ['sqlite', 'mysql'] : [values.on as Backend]
  const fine: boolean[] = []
  for (const backend of backends) fine.push(await fuzz(backend, count, seed))
  return fine.every(Boolean)
}

async function fuzz(backend: Backend, count: number, seed: number): Promise<boolean> {
  const production = await startProduction(backend)
  console.log(`${count} operations and ${count} requests on ${backend}, from seed ${seed}`)
  try {
    for (let done = 0; done < count; done += CHUNK) {
      const options = await optionsFor(production, Math.min(CHUNK, count - done), seed + done)
      print('operations', done, await fuzzOperations(options))
      print('requests', done, await fuzzRequests(options))
    }
  } catch (error) {
    console.error(error)
    return false
  } finally {
    await production.close()
  }
  const errors = production.service.run.lines().filter(({ level }) => Number(level) >= ERROR)
  console.log(`Errors in the log: ${errors.length}`, ...errors.slice(0, 5))
  return errors.length === 0
}

async function optionsFor({ service }: Production, count: number, seed: number): Promise<FuzzOptions> {
  const answer = await call(service.url, LOGIN, { input: ADMIN })
  if (answer.kind !== 'done') throw new Error('The administrator cannot sign in')
  const { accessToken } = answer.data.login as { accessToken: string }
  return { origin: service.url, schema, chief: accessToken, count, seed }
}

function print(kind: string, done: number, { sent, withData, codes, statuses }: Outcome): void {
  console.log(`${kind} ${done} to ${done + sent}: ${withData} with data`, JSON.stringify({ ...statuses, ...codes }))
}
