import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { ApolloServerErrorCode } from '@apollo/server/errors'
import { type GraphQLSchema, isEnumType } from 'graphql'
import type { RandomRequest } from './bodies.ts'

export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

interface Body {
  data?: unknown
  errors?: { message: string; extensions?: { code?: string } }[]
}

/** Texts that only the inside of the service has. */
const INSIDE =
  /node_modules|node:internal|\bat \S+ \(|\.(?:ts|js):\d|\bselect .* from\b|\binsert into\b|sqlite|mysql|kysely/i

const agent = new Agent({ keepAlive: true, maxSockets: 16 })

export function send(origin: string, { method, path, headers, body }: RandomRequest): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const withLength = { ...headers, 'content-length': String(body.length) }
  const { hostname, port } = new URL(origin)
  // Not through URL, which would normalise the path.
  const sent = request({ agent, hostname, port, method, path, headers: withLength }, (response) => {
    text(response).then(
      (read) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: read }),
      reject,
    )
  })
  sent.on('error', reject)
  sent.end(body)
  return promise
}

export function codesOf({ text: body }: Reply): string[] {
  return (parse(body)?.errors ?? []).map(({ extensions }) => String(extensions?.code))
}

/** Whether the answer holds any of the requested data. */
export function hasData({ text: body }: Reply): boolean {
  const data = parse(body)?.data
  return typeof data === 'object' && data !== null && Object.values(data).some((value) => value !== null)
}

/** The fault of an answer; null when it is as it should be. */
export function faultOf(reply: Reply, schema: GraphQLSchema): string | null {
  if (reply.status < 200 || reply.status >= 500) return `status ${reply.status}`
  const type = reply.headers['content-type'] ?? ''
  const isEmpty = reply.text === '' && (reply.status === 204 || reply.status === 304)
  // The explorer answers with HTML.
  if (isEmpty || (type.startsWith('text/html') && reply.status === 200)) return null
  const body = parse(reply.text)
  if (!body) return 'no JSON'
  const codes = codesOf(reply)
  if (codes.includes('INTERNAL_SERVER_ERROR')) return 'INTERNAL_SERVER_ERROR'
  const unknown = codes.find((code) => !isKnown(code, schema))
  if (unknown !== undefined) return `a code that nobody knows: ${unknown}`
  const told = (body.errors ?? []).find(({ message }) => INSIDE.test(message))
  return told ? `the inside of the service: ${told.message}` : null
}

/** The service's own codes are in its schema. */
function isKnown(code: string, schema: GraphQLSchema): boolean {
  const type = schema.getType('ErrorCode')
  return code in ApolloServerErrorCode || (isEnumType(type) && type.getValue(code) !== undefined)
}

function parse(body: string): Body | null {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Body) : null
  } catch {
    return null
  }
}
