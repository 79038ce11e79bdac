import fc from 'fast-check'
import { type GraphQLSchema, parse, validate } from 'graphql'
import { requestsAround } from './bodies.ts'
import { Cast, type Role } from './cast.ts'
import { operationsOf } from './operations.ts'
import { codesOf, faultOf, hasData, type Reply, send } from './target.ts'

export interface FuzzOptions {
  /** The URL of the service. */
  origin: string
  schema: GraphQLSchema
  /** The access token of an administrator. */
  chief: string
  count: number
  /** The same seed gives the same requests, except for ids and names. */
  seed: number
}

/** Counts of the answers, so that a run of refusals alone does not pass. */
export interface Outcome {
  sent: number
  valid: number
  withData: number
  codes: Record<string, number>
  statuses: Record<string, number>
}

const ROLES: Role[] = ['nobody', 'user', 'user', 'admin', 'admin']

/** Sends random valid operations. @throws Error with seed and operation at the first forbidden answer */
export async function fuzzOperations({ origin, schema, chief, count, seed }: FuzzOptions): Promise<Outcome> {
  const cast = new Cast(origin, chief)
  await cast.open()
  const outcome = nothing()
  const arbitrary = fc.record({ role: fc.constantFrom(...ROLES), operation: operationsOf(schema, cast.known) })
  await check(arbitrary, { count, seed }, async ({ role, operation }) => {
    const reply = await cast.send(role, operation)
    note(outcome, reply)
    if (validate(schema, parse(operation.query)).length === 0) outcome.valid += 1
    return faultOf(reply, schema)
  })
  return outcome
}

/** Sends random bytes, headers and paths. @throws like `fuzzOperations` */
export async function fuzzRequests({ origin, schema, chief, count, seed }: FuzzOptions): Promise<Outcome> {
  const cast = new Cast(origin, chief)
  await cast.open()
  const outcome = nothing()
  await check(requestsAround(operationsOf(schema, cast.known)), { count, seed }, async (request) => {
    const reply = await send(origin, request)
    note(outcome, reply)
    return faultOf(reply, schema)
  })
  return outcome
}

/** Without shrinking, because a failure depends on what earlier operations have changed. */
async function check<Value>(
  arbitrary: fc.Arbitrary<Value>,
  { count, seed }: { count: number; seed: number },
  faultIn: (value: Value) => Promise<string | null>,
): Promise<void> {
  const property = fc.asyncProperty(arbitrary, async (value) => {
    const fault = await faultIn(value)
    if (fault !== null) throw new Error(`${fault}: ${JSON.stringify(value)}`)
  })
  await fc.assert(property, { numRuns: count, seed, endOnFailure: true })
}

function nothing(): Outcome {
  return { sent: 0, valid: 0, withData: 0, codes: {}, statuses: {} }
}

function note(outcome: Outcome, reply: Reply): void {
  outcome.sent += 1
  if (hasData(reply)) outcome.withData += 1
  for (const code of new Set(codesOf(reply))) outcome.codes[code] = (outcome.codes[code] ?? 0) + 1
  outcome.statuses[reply.status] = (outcome.statuses[reply.status] ?? 0) + 1
}
