import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { REQUEST_ID_HEADER } from '../graphql/request-info.ts'

/** Nothing that could break a log line, a header or a search in the log. */
const PLAIN_TOKEN = /^[\w.~-]{1,64}$/

/** The id that the client or a proxy sent, where it is a plain token; else a new one. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const sent = request.headers[REQUEST_ID_HEADER]
  return typeof sent === 'string' && PLAIN_TOKEN.test(sent) ? sent : randomUUID()
}
