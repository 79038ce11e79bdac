import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import { GRAPHQL_PATH, sendError } from './http-errors.ts'

/** What tools/build-explorer.ts has written; the same folder seen from src/http and from dist/http. */
const FOLDER = resolve(import.meta.dirname, '../../dist/explorer')
const ONE_YEAR_SECONDS = 31_536_000
const VERSION = /^[0-9a-f]{16}$/
const PART = /^[a-z-]+\.(js|css)$/
const TYPES: Record<string, string> = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' }
const ENDINGS: Record<string, string> = { br: '.br', gzip: '.gz', identity: '' }

/** The page's parts. They never change under their name, and stay on the disk, so that they cost no memory. */
export function addExplorerParts(app: FastifyInstance): void {
  app.get<{ Params: { version: string; name: string } }>(
    `${GRAPHQL_PATH}/explorer/:version/:name`,
    async (request, reply) => {
      const { version, name } = request.params
      const type = TYPES[PART.exec(name)?.[1] ?? '']
      if (!VERSION.test(version) || type === undefined) return sendError(reply, 404)
      const encoding = new Negotiator(request).encoding(Object.keys(ENDINGS)) ?? 'identity'
      const content = await readIfThere(join(FOLDER, version, name + ENDINGS[encoding]))
      if (content === null) return sendError(reply, 404)
      if (encoding !== 'identity') reply.header('content-encoding', encoding)
      return reply
        .header('cache-control', `public, max-age=${ONE_YEAR_SECONDS}, immutable`)
        .header('vary', 'origin, accept-encoding')
        .type(type)
        .send(content)
    },
  )
}

/** A browser that goes to the endpoint, whatever stands in the address: nothing may run by opening a link. */
export function isExplorerVisit(request: FastifyRequest): boolean {
  const { accept, 'sec-fetch-mode': mode } = request.headers
  if (request.method !== 'GET') return false
  if (mode === 'navigate') return true
  if (!accept) return false
  return new Negotiator({ headers: { accept } }).mediaType(['application/json', 'text/html']) === 'text/html'
}

/** Sends GraphiQL's page, which needs no internet and may talk to this origin alone. */
export async function sendExplorer(reply: FastifyReply): Promise<FastifyReply> {
  const page = await readFile(join(FOLDER, 'index.html'), 'utf8')
  const nonce = randomBytes(16).toString('base64')
  const html = page.replaceAll('NONCE', nonce)
  reply.header('content-security-policy', policyFor(nonce)).type('text/html; charset=utf-8')
  const encoding = new Negotiator(reply.request).encoding(['gzip', 'identity'])
  if (encoding !== 'gzip') return reply.send(html)
  return reply.header('content-encoding', 'gzip').send(await promisify(gzip)(html))
}

/** The editor needs inline styles, and fonts that its style sheet holds. */
function policyFor(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src 'self' 'unsafe-inline'",
    "worker-src 'self'",
    'font-src data:',
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

async function readIfThere(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
