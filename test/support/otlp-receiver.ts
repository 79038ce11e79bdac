import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { vi } from 'vitest'

export interface ReceivedSpan {
  name: string
  /** 1: internal, 2: server, 3: client. */
  kind: number
  traceId: string
  spanId: string
  parentSpanId?: string
  /** code 2: an error. */
  status: { code: number; message?: string }
  events: unknown[]
  attributes: Record<string, unknown>
  resource: Record<string, unknown>
}

type Attributes = { key: string; value: Record<string, unknown> }[]
type Sent = Omit<ReceivedSpan, 'attributes'> & { attributes: Attributes }
interface Body {
  resourceSpans: { resource: { attributes: Attributes }; scopeSpans: { spans: Sent[] }[] }[]
}

/** Takes traces by OTLP over HTTP, in protobuf or JSON; `spans` reads JSON. */
export class OtlpReceiver {
  /** Bodies as they came. */
  readonly bodies: string[] = []
  readonly requests: Pick<IncomingMessage, 'url' | 'headers'>[] = []
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer(async (request, response) => {
    this.requests.push({ url: request.url, headers: request.headers })
    this.bodies.push(await text(request))
    const type = request.headers['content-type'] ?? ''
    if (!this.isFrozen) response.setHeader('content-type', type).end(type.includes('json') ? '{}' : '')
  })

  /** @param isFrozen takes requests and never answers */
  private constructor(readonly isFrozen: boolean) {
    this.#server.on('connection', (socket) => this.#sockets.add(socket))
  }

  static async start({ isFrozen = false } = {}): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver(isFrozen)
    await once(receiver.#server.listen(0, '127.0.0.1'), 'listening')
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get spans(): ReceivedSpan[] {
    const groups = this.bodies.flatMap((body) => (JSON.parse(body) as Body).resourceSpans)
    return groups.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) =>
        spans.map((span) => ({
          ...span,
          attributes: plain(span.attributes),
          resource: plain(resource.attributes),
        })),
      ),
    )
  }

  /** The trace of the request with this id, once it is here: its spans, the one of the request first. */
  async traceOf(requestId: string): Promise<ReceivedSpan[]> {
    const root = await vi.waitUntil(
      () => this.spans.find(({ attributes }) => attributes['gatehouse.request_id'] === requestId),
      { timeout: 10_000 },
    )
    const rest = this.spans.filter(({ traceId, spanId }) => traceId === root.traceId && spanId !== root.spanId)
    return [root, ...rest]
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

function plain(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}
