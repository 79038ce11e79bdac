import { connect } from 'node:net'

export interface Answer {
  status: number
  headers: Headers
  /** The parsed body; undefined without one. */
  body: GraphQLBody
  text: string
}

interface GraphQLBody {
  data?: Record<string, unknown> | null
  errors?: { message: string; extensions: Record<string, unknown>; path?: string[] }[]
  error?: string
  [key: string]: unknown
}

/** A POST of a GraphQL request as JSON. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return ask(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init)
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: parse(text), text }
}

/** Sends bytes that no HTTP client would send. Returns what arrives until the server closes. */
export function sendRaw(url: string, ...chunks: (string | Buffer)[]): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      for (const chunk of chunks) socket.write(chunk)
    })
    let received = ''
    socket.on('data', (data) => {
      received += data.toString('utf8')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(parseRaw(received)))
  })
}

function parseRaw(text: string): Answer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = new Headers(
    lines.map((line): [string, string] => [line.split(': ')[0] ?? '', line.split(': ')[1] ?? '']),
  )
  const body = rest.join('\r\n\r\n')
  return { status: Number(statusLine.split(' ')[1]), headers, body: parse(body), text: body }
}

function parse(text: string): GraphQLBody {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
