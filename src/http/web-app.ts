import { existsSync, globSync, readFileSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply } from 'fastify'
import Negotiator from 'negotiator'
import { sendError } from './http-errors.ts'

/** Where `npm run build` in examples/web puts the app; the same folder seen from src/http and from dist/http. */
export const WEB_APP_FOLDER = resolve(import.meta.dirname, '../../examples/web/dist')

const PATH = '/app'
const PAGE = 'index.html'
/** Vite puts a hash of the content into the name of what stands here. */
const HASHED = 'assets/'
const ONE_YEAR_SECONDS = 31_536_000
const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
/** Compressed by its format. */
const PACKED = '.woff2'
/** The page may run and show what this origin serves, and talk to it alone. */
const POLICY = [
  "default-src 'none'",
  ...['script', 'style', 'font', 'img', 'connect'].map((kind) => `${kind}-src 'self'`),
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

interface File {
  name: string
  type: string
  content: Buffer
  /** From the first time that it is asked for. */
  gzipped?: Promise<Buffer>
}

/**
 * Serves a built single-page app under /app, on the origin of the API, where there was one when the process started.
 * Every address below it that names no file is a page of the app.
 */
export function addWebApp(app: FastifyInstance, folder: string): void {
  const files = readFiles(folder)
  const page = files.get(PAGE)
  if (!page) return
  app.get(PATH, (_request, reply) => send(reply, page))
  app.get<{ Params: { '*': string } }>(`${PATH}/*`, (request, reply) => {
    const name = request.params['*']
    const file = files.get(name) ?? (namesFile(name) ? undefined : page)
    return file ? send(reply, file) : sendError(reply, 404)
  })
}

/** Read once, so that nothing outside of the folder has a name. Its few hundred KB cost less than to look for them. */
function readFiles(folder: string): Map<string, File> {
  const names = existsSync(folder) ? globSync('**/*.*', { cwd: folder }) : []
  return new Map(names.flatMap((name) => readFile(folder, name.replaceAll('\\', '/'))))
}

function readFile(folder: string, name: string): [string, File][] {
  const type = TYPES[extname(name)]
  if (!type) return []
  return [[name, { name, type, content: readFileSync(join(folder, name)) }]]
}

function namesFile(name: string): boolean {
  return name.startsWith(HASHED) || extname(name) !== ''
}

async function send(reply: FastifyReply, file: File): Promise<FastifyReply> {
  const { name, type, content } = file
  if (name === PAGE) reply.header('content-security-policy', POLICY)
  if (name.startsWith(HASHED)) reply.header('cache-control', `public, max-age=${ONE_YEAR_SECONDS}, immutable`)
  reply.type(type)
  if (extname(name) === PACKED) return reply.send(content)
  reply.header('vary', 'origin, accept-encoding')
  const encoding = new Negotiator(reply.request).encoding(['gzip', 'identity'])
  if (encoding !== 'gzip') return reply.send(content)
  file.gzipped ??= promisify(gzip)(content)
  return reply.header('content-encoding', 'gzip').send(await file.gzipped)
}
