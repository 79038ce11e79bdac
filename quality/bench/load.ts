/** Load over kept-alive connections; each sends its next request when the last one is answered. */
import autocannon from 'autocannon'
import { headersWith } from './client.ts'
import { bodyOf, type Workload } from './workloads.ts'

const TIMEOUT_SECONDS = 20
const LOOK_MS = 20

let turn = 0

/**
 * Sends the requests and returns the milliseconds of each.
 * @param tokens distributed over the connections
 * @throws Error where an answer has errors: a refusal costs less than the work that is measured
 */
export async function load(url: string, workload: Workload, tokens: string[], requests: number): Promise<number[]> {
  const connections = Math.min(workload.connections, requests)
  let connected = 0
  const requestOf = (token: string | null) => ({
    headers: headersWith(token),
    setupRequest: (request: object) => {
      turn += 1
      return { ...request, body: bodyOf(workload, turn) }
    },
  })
  const run = autocannon({
    url,
    method: 'POST',
    connections,
    amount: requests,
    timeout: TIMEOUT_SECONDS,
    sampleInt: LOOK_MS,
    requests: [requestOf(tokens[0] ?? null)],
    setupClient: (client) => {
      client.setRequests([requestOf(tokens[connected % tokens.length] ?? null)])
      connected += 1
    },
    verifyBody: (body) => body.startsWith('{"data":{') && !body.includes('"errors":'),
  })
  const latencies: number[] = []
  run.on('response', (_client: unknown, _status: number, _bytes: number, ms: number) => latencies.push(ms))
  const result = await run
  const faults = result.errors + result.timeouts + result.mismatches + result.non2xx
  if (faults > 0 || result['2xx'] !== requests)
    throw new Error(`${workload.name} at ${url}: ${faults} of ${requests} answers are not what was asked for.`)
  return latencies
}
