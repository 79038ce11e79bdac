import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'

interface ExplorerPage {
  html: Buffer
  contentSecurityPolicy: string
}

const FIRST_QUERY = `# Try the API from here. Ctrl+Space completes; the book on the left is the documentation.
#
# mutation SignIn {
#   login(input: { identifier: "admin", password: "…" }) {
#     accessToken
#   }
# }
#
# Then, in the tab Headers below: { "authorization": "Bearer …" }

query Me {
  me {
    id
    username
    role {
      name
      permissions
    }
  }
}
`

let page: Promise<ExplorerPage> | undefined

/** A browser that opens the endpoint itself. A GET with a query is an operation, also from a browser. */
export function isExplorerVisit(request: FastifyRequest): boolean {
  const accept = request.headers.accept
  if (request.method !== 'GET' || !accept) return false
  if (typeof request.query === 'object' && request.query !== null && 'query' in request.query) return false
  return new Negotiator({ headers: { accept } }).mediaType(['application/json', 'text/html']) === 'text/html'
}

/** Sends GraphiQL in one file: it needs no internet, and its policy lets it talk to this origin alone. */
export async function sendExplorer(reply: FastifyReply): Promise<FastifyReply> {
  page ??= renderPage()
  const { html, contentSecurityPolicy } = await page
  return reply.header('content-security-policy', contentSecurityPolicy).type('text/html; charset=utf-8').send(html)
}

/** The page is 9 MB: it and its module are loaded at the first visit. */
async function renderPage(): Promise<ExplorerPage> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const html = renderGraphiQL({ title: 'Gatehouse', defaultQuery: FIRST_QUERY })
  return { html: Buffer.from(html), contentSecurityPolicy: policyOf(html) }
}

/** Allows the page's own script by its hash. GraphiQL needs inline styles, and workers from blobs. */
function policyOf(html: string): string {
  const script = /<script>([\s\S]*)<\/script>/.exec(html)?.[1] ?? ''
  const hash = createHash('sha256').update(script).digest('base64')
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "style-src 'unsafe-inline'",
    'worker-src blob:',
    'font-src data:',
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
