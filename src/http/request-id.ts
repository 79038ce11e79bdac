import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Nothing that could break a line, a header or a search in the log. */
const PLAIN_TOKEN = /^[\w.~-]{1,64}$/

export const REQUEST_ID_HEADER = 'x-request-id'

/** Taken over from the client, or from the proxy before us, when it is harmless. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const sent = request.headers[REQUEST_ID_HEADER]
  return typeof sent === 'string' && PLAIN_TOKEN.test(sent) ? sent : randomUUID()
}
