import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { JSON_TYPE } from '../graphql/media-types.ts'
import { REQUEST_ID_HEADER } from '../graphql/request-info.ts'
import { errorBody } from './http-errors.ts'
import type { HeaderTable } from './security-headers.ts'

const STATUS_BY_CODE: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** How long a client that goes on sending keeps its connection after the answer. */
const LINGER_MS = 1_000

/**
 * Answers what Node's parser refuses. Neither a request object nor a hook exists then, so the answer is written to the
 * socket, with the headers of every other one.
 */
export class BrokenHttp {
  /** Sockets with an answer under way; a second one in its middle would look like a part of its body. */
  readonly #answering = new WeakSet<Socket>()

  constructor(readonly securityHeaders: HeaderTable) {}

  /** For Fastify's `clientErrorHandler`. */
  readonly answer = (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable || this.#answering.has(socket)) {
      socket.destroy()
      return
    }
    this.#refuse(socket, STATUS_BY_CODE[error.code ?? ''] ?? 400)
  }

  addTo(app: FastifyInstance): void {
    app.addHook('onSend', async ({ raw }) => void this.#answering.add(raw.socket))
    app.addHook('onResponse', async ({ raw }) => void this.#answering.delete(raw.socket))
    // Without a listener Node closes a CONNECT (RFC 9110, section 9.3.6) without an answer; Fastify never sees it.
    app.server.on('connect', (_request, socket: Socket) => {
      // Node has removed its own listeners from this socket, and an unheard error ends the process.
      socket.on('error', () => socket.destroy())
      this.#refuse(socket, 400)
    })
  }

  #refuse(socket: Socket, status: number): void {
    const body = errorBody(status)
    const headers = {
      ...this.securityHeaders,
      [REQUEST_ID_HEADER]: randomUUID(),
      'cache-control': 'no-store',
      'content-type': JSON_TYPE,
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'))
    setTimeout(() => socket.destroy(), LINGER_MS).unref()
  }
}
