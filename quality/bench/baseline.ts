/**
 * The least that could do the job: `node:http` and `mysql2`, the same checks of token, session and role, the same rows
 * and the same JSON, without GraphQL. It answers the workloads of the bench by their operation's name, nothing else.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createPool } from 'mysql2/promise'
import { readTrustedKeys } from './baseline-tokens.ts'
import { createViewerLookup } from './baseline-viewer.ts'
import { createWork, Refusal } from './baseline-work.ts'

const pool = createPool({
  uri: process.env.DATABASE_URL ?? '',
  connectionLimit: 10,
  // Times stay the database's text: no Date is made only to be printed.
  dateStrings: true,
  timezone: 'Z',
})
const findViewer = createViewerLookup(pool, await readTrustedKeys(process.env.JWKS_URL ?? ''))
const work = createWork(pool)

const server = createServer(async (request, response) => {
  const text = JSON.stringify(await answerTo(request))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
})

async function answerTo(request: IncomingMessage): Promise<object> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { operationName, variables } = JSON.parse(Buffer.concat(chunks).toString())
  const operation = work[operationName]
  if (!operation) throw new Error('Not a workload of the bench.')
  const { field, run } = operation
  try {
    const viewer = operationName === 'W5' ? null : await findViewer(request.headers.authorization)
    const origin = { ipAddress: request.socket.remoteAddress ?? '', userAgent: request.headers['user-agent'] ?? null }
    return { data: { [field]: await run(viewer, variables.input ?? {}, origin) } }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { errors: [{ message: error.message, extensions: { code: error.code } }], data: { [field]: null } }
  }
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ msg: 'Ready', url: `http://127.0.0.1:${port}/graphql` })}\n`)
})
process.once('SIGTERM', () => process.exit(0))
