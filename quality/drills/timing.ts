import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { ADMIN, type Backend, startProduction } from './production.ts'
import { call } from './service.ts'
import { compareTimes, type Times } from './timing-verdict.ts'

const KINDS = ['unknown', 'present', 'blocked'] as const
/** Accounts of each kind: with one account its row and counters would be cached better than others. */
const ACCOUNTS = 30
const WARM_UP = 30
const ROUNDS = 3

const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }'
const CREATE = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }'

/** Checks that time and text of a refused login do not tell unknown, known and disabled accounts apart. */
export async function run(args: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args,
    options: { tries: { type: 'string', default: '300' }, sqlite: { type: 'boolean', default: false } },
  })
  const backend: Backend = values.sqlite ? 'sqlite' : 'mysql'
  const production = await startProduction(backend)
  const { url } = production.service
  await createAccounts(url)
  const stranger = new Stranger(url)
  await measure(stranger, WARM_UP)
  let isEqual = false
  for (let round = 1; round <= ROUNDS && !isEqual; round++) {
    const found = compareTimes(await measure(stranger, Number(values.tries)))
    console.table(found.rows)
    console.log(`Round ${round} on ${backend}: the medians differ by ${(found.spread * 100).toFixed(2)} %`)
    isEqual = found.isEqual
  }
  stranger.close()
  await production.close()
  console.log(`Different answers, times and request ids aside: ${stranger.answers.size}`, ...stranger.answers)
  return isEqual && stranger.answers.size === 1
}

async function createAccounts(url: string): Promise<void> {
  const signedIn = await call(url, LOGIN, { input: ADMIN })
  if (signedIn.kind !== 'done') throw new Error('The administrator cannot sign in')
  const { accessToken } = signedIn.data.login as { accessToken: string }
  for (let number = 0; number < ACCOUNTS; number++) {
    for (const kind of ['present', 'blocked'] as const) {
      const username = nameOf(kind, number)
      const account = { username, email: `${username}@example.com`, password: ADMIN.password }
      const answer = await call(url, CREATE, { input: { ...account, isActive: kind === 'present' } }, accessToken)
      if (answer.kind !== 'done') throw new Error(`No account: ${JSON.stringify(answer)}`)
    }
  }
}

/** Takes the kinds in turn, in random order, so that noise of the machine falls on all of them alike. */
async function measure(stranger: Stranger, tries: number): Promise<Times> {
  const times: Times = Object.fromEntries(KINDS.map((kind) => [kind, []]))
  for (let turn = 0; turn < tries; turn++) {
    for (const kind of shuffled(KINDS)) {
      times[kind]?.push(await stranger.tryLogin(nameOf(kind, turn % ACCOUNTS)))
    }
  }
  return times
}

/** A client without a password that measures answers. */
class Stranger {
  /** The distinct answers, without date and request id. */
  readonly answers = new Set<string>()
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 })
  private readonly url: string

  constructor(url: string) {
    this.url = url
  }

  /** @returns the milliseconds until the whole answer was read */
  async tryLogin(identifier: string): Promise<number> {
    const input = { identifier, password: 'not this one, surely' }
    const body = JSON.stringify({ query: LOGIN, variables: { input } })
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    const begin = performance.now()
    const sent = request(`${this.url}/graphql`, { method: 'POST', agent: this.agent, headers }).end(body)
    const [response] = await once(sent, 'response')
    const answer = await text(response)
    const took = performance.now() - begin
    const kept = (response.rawHeaders as string[]).map((part, index, all) =>
      index % 2 === 1 && /^(date|x-request-id)$/i.test(all[index - 1] ?? '') ? '…' : part,
    )
    this.answers.add(JSON.stringify([response.statusCode, kept, answer]))
    return took
  }

  close(): void {
    this.agent.destroy()
  }
}

function nameOf(kind: (typeof KINDS)[number], number: number): string {
  return `${kind}${number}`
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ value }) => value)
}
