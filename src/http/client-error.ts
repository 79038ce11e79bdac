import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { errorBody, JSON_TYPE } from './http-errors.ts'
import { STATUS_CODES } from './node-http.ts'
import { REQUEST_ID_HEADER } from './request-id.ts'
import type { HeaderTable } from './security-headers.ts'

const STATUS_BY_CODE: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/**
 * Answers what Node's parser refused: no request object exists and no hook runs, so the answer is written by hand,
 * with the headers of every other one.
 */
export function createClientErrorHandler(securityHeaders: HeaderTable) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    // Reset by the peer, or in the middle of an answer: there is nobody left to tell.
    if (error.code === 'ECONNRESET' || !socket.writable || hasBegunAnswer(socket)) {
      socket.destroy()
      return
    }
    refuse(socket, STATUS_BY_CODE[error.code ?? ''] ?? 400, securityHeaders)
  }
}

/** Node closes a CONNECT (RFC 9110, section 9.3.6) without a word, and gives it to no framework. */
export function refuseTunnels(server: Server, securityHeaders: HeaderTable): void {
  server.on('connect', (_request, socket: Socket) => {
    // Node has taken its own listeners off this socket, and an error that nobody hears ends the process.
    socket.on('error', () => socket.destroy())
    refuse(socket, 400, securityHeaders)
  })
}

function refuse(socket: Socket, status: number, securityHeaders: HeaderTable): void {
  socket.end(answer(status, securityHeaders))
  // Whoever goes on sending is not listened to for ever.
  setTimeout(() => socket.destroy(), 1_000).unref()
}

function answer(status: number, securityHeaders: HeaderTable): string {
  const body = errorBody(status)
  const headers = {
    ...securityHeaders,
    [REQUEST_ID_HEADER]: randomUUID(),
    'cache-control': 'no-store',
    'content-type': JSON_TYPE,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n')
}

/** Node keeps the answer that is being written on the socket; see its own default handler. */
function hasBegunAnswer(socket: Socket): boolean {
  const message = (socket as Socket & { _httpMessage?: { headersSent?: boolean } | null })._httpMessage
  return message?.headersSent === true
}
