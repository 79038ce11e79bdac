import { globSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { basename, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const SOURCES = resolve(import.meta.dirname, '../../packages/client/src')

/** Keeps the session of packages/client, and what it tells, where scripts of a test find them. */
const PAGE = `<!doctype html><link rel="icon" href="data:,"><script type="module">
  import { createSession } from '/index.ts'
  const session = createSession({ url: location.origin + '/graphql', transport: 'COOKIE' })
  const changes = []
  session.onChange((change) => changes.push(change))
  Object.assign(window, { session, changes })
</script>`

export interface ClientPage {
  /** `http://localhost:port`: the page, and the API under /graphql. */
  readonly origin: string
  /** How many operations of this name have been sent. */
  count(operation: string): number
  /** From now on answers wait for up to so long, and every tenth is lost. */
  disturb(maxDelayMs: number): void
  /** Answers that were lost. */
  readonly lost: () => number
  leadTo(serviceUrl: string): void
  close(): void
}

/** A page that uses packages/client, and a proxy to the API, on one origin. The API is told by `leadTo`. */
export async function startClientPage(): Promise<ClientPage> {
  const parts = readParts()
  const bodies: string[] = []
  let target = ''
  let maxDelayMs = 0
  let answers = 0
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url !== '/graphql') return sendPart(parts, request.url ?? '/', response)
    const body = await readText(request)
    bodies.push(body)
    const { answer, text } = await forward(target, request, body)
    if (maxDelayMs > 0) {
      answers += 1
      await pause(Math.random() * maxDelayMs)
      if (answers % 10 === 0) return void response.destroy()
    }
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      'set-cookie': answer.headers.getSetCookie(),
    })
    response.end(text)
  }
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  return {
    origin,
    count: (operation) => bodies.filter((body) => body.includes(`${operation}(`)).length,
    disturb(ms) {
      maxDelayMs = ms
    },
    lost: () => Math.floor(answers / 10),
    leadTo(url) {
      target = url
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function forward(target: string, { headers }: IncomingMessage, body: string) {
  const names = ['authorization', 'cookie', 'origin', 'x-csrf-token', 'content-type', 'sec-fetch-site']
  const sent = names.flatMap((name) => (headers[name] ? [[name, String(headers[name])] as [string, string]] : []))
  const answer = await fetch(`${target}/graphql`, { method: 'POST', headers: sent, body })
  return { answer, text: await answer.text() }
}

function sendPart(parts: Map<string, string>, url: string, response: ServerResponse): void {
  if (url === '/') return void response.setHeader('content-type', 'text/html').end(PAGE)
  response.setHeader('content-type', 'text/javascript').end(parts.get(basename(url)))
}

function readParts(): Map<string, string> {
  const names = globSync('*.ts', { cwd: SOURCES })
  return new Map(names.map((name) => [name, stripTypeScriptTypes(readFileSync(resolve(SOURCES, name), 'utf8'))]))
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
