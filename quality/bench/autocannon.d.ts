/** The part of autocannon 9 that is used here; it ships no types. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  interface Request {
    headers?: Record<string, string>
    body?: string
    /** Called before each request of a connection. */
    setupRequest?: (request: Request) => Request
  }

  interface Options {
    url: string
    method: 'POST'
    connections: number
    /** Requests in all; ends when the last one is answered. */
    amount: number
    /** Seconds until a request counts as lost. */
    timeout: number
    /** Milliseconds between looks whether it is over. */
    sampleInt: number
    requests: Request[]
    setupClient?: (client: { setRequests(requests: Request[]): void }) => void
    verifyBody?: (body: string) => boolean
  }

  interface Result {
    errors: number
    timeouts: number
    mismatches: number
    non2xx: number
    '2xx': number
  }

  /** Emits `response` with client, status, bytes and milliseconds. */
  interface Instance extends EventEmitter, PromiseLike<Result> {}

  export default function autocannon(options: Options): Instance
}
