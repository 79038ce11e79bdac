import fc from 'fast-check'
import { type GraphQLSchema, parse, validate } from 'graphql'
import { requestsAround } from './bodies.ts'
import { Cast, type Role } from './cast.ts'
import { operationsOf } from './operations.ts'
import { codesOf, faultOf, hasData, type Reply, send } from './target.ts'

export interface FuzzOptions {
  /** Of the service. */
  origin: string
  schema: GraphQLSchema
  /** The access token of an administrator. */
  chief: string
  count: number
  /** The same one gives the same requests, but for ids and names. */
  seed: number
}

/** What came back, so that nobody takes a run for good that met nothing but refusals. */
export interface Outcome {
  sent: number
  valid: number
  withData: number
  codes: Record<string, number>
  statuses: Record<string, number>
}

const ROLES: Role[] = ['nobody', 'user', 'user', 'admin', 'admin']

/** Random operations that GraphQL takes. @throws Error with seed and operation at the first answer that may not be */
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

/** Random bytes, headers and paths. @throws as `fuzzOperations` */
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

/** Not made smaller: what random operations have changed before is part of what was found. */
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
