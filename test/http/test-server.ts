import { buildSchema, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql'
import { pino } from 'pino'
import type { HttpConfig } from '../../src/config.ts'
import { ForbiddenError, RateLimitedError, ServiceUnavailableError } from '../../src/errors.ts'
import type { RequestInfo } from '../../src/graphql/request-info.ts'
import { type RunningServer, type ServerOptions, startServer } from '../../src/http/server.ts'

export interface TestContext {
  request: RequestInfo
}

export interface TestServer extends RunningServer {
  graphql: string
  /** The lines of the log as objects. */
  lines: string[]
  /** How often the counting resolver has run. */
  ran(): number
}

type Resolvers = Record<string, GraphQLFieldResolver<unknown, TestContext>>

/** For tests of HTTP: fields that answer, fail, wait and count, and lists like those of the real schema. */
const SDL = /* GraphQL */ `
  type Query {
    hello: String
    echo(text: String): String
    number(value: Int! = 5): Int
    role(name: RoleName): String
    me: User
    users(first: Int, last: Int): UserConnection
    request: String
    plainFault(text: String): String
    driverFault: String
    forbidden: String
    databaseAway: String
    everyAddressAway: String
    unavailable: String
    limited: String
    sameFault: [Broken!]
    wait(ms: Int!): String
  }
  type Mutation {
    count: Int
    login(input: LoginInput!): String
    signIn(token: String!): String
    signOut: String
    waitAndCount(ms: Int!): Int
  }
  type Broken { a: String b: String }
  enum RoleName { USER ADMIN }
  input LoginInput { identifier: String! password: String! transport: RoleName! = USER }
  type User { id: ID! name: String friend: User sessions: [Session!] friends(first: Int, last: Int): UserConnection }
  type Session { id: ID! user: User }
  type UserEdge { node: User! }
  type UserConnection { edges: [UserEdge!]! nodes: [User!]! totalCount: Int! }
`

export const HTTP: HttpConfig = {
  host: '127.0.0.1',
  port: 0,
  production: false,
  corsOrigins: ['https://app.example.com'],
  cookieSecure: true,
  trustedProxies: [],
  drainSeconds: 0,
  bodyLimitBytes: 65_536,
  requestsPerMinute: 1_000,
  introspection: true,
  explorer: true,
  metricsPort: undefined,
  trustedDocuments: undefined,
}

export async function startTestServer(
  http: Partial<HttpConfig> = {},
  overrides: Partial<ServerOptions<TestContext>> = {},
): Promise<TestServer> {
  const lines: string[] = []
  let ran = 0
  const schema = createTestSchema(() => {
    ran += 1
    return ran
  })
  const running = await startServer<TestContext>({
    http: { ...HTTP, ...http },
    schema,
    log: pino({ level: 'info' }, { write: (line: string) => lines.push(line) }),
    createContext: (request) => ({ request }),
    jwks: async () => ({ keys: [] }),
    openIntrospection: async () => async () => ({ active: false }),
    checkDatabase: async () => true,
    checkRedis: async () => 'off',
    consumeRequest: async () => undefined,
    ...overrides,
  })
  return { ...running, graphql: `${running.url}/graphql`, lines, ran: () => ran }
}

function createTestSchema(count: () => number): GraphQLSchema {
  const schema = buildSchema(SDL)
  const sameFault = new Error('One fault under two fields')
  attach(schema, 'Query', {
    hello: () => 'world',
    echo: (_, { text }) => text,
    number: (_, { value }) => value,
    role: (_, { name }) => name,
    me: () => ({ id: '1', name: 'Ada' }),
    users: () => ({ edges: [], nodes: [], totalCount: 0 }),
    request: (_, __, { request }) => JSON.stringify(request),
    plainFault: (_, { text }) => fail(new Error(`Broken by ${text}`)),
    driverFault: () => fail(Object.assign(new Error("insert into user values ('hunter2')"), { sqlState: '42000' })),
    forbidden: () => fail(new ForbiddenError()),
    databaseAway: () => fail(refused()),
    everyAddressAway: () => fail(new AggregateError([refused(), refused()], 'all')),
    unavailable: () => fail(new ServiceUnavailableError({ outcome: 'unknown' })),
    limited: () => fail(new RateLimitedError(7)),
    sameFault: () => [{}],
    wait: async (_, { ms }) => sleep(ms).then(() => 'done'),
  })
  attach(schema, 'Broken', { a: () => fail(sameFault), b: () => fail(sameFault) })
  attach(schema, 'Mutation', {
    count,
    login: (_, { input }) => input.identifier,
    signIn: (_, { token }, { request }) => {
      request.setSessionCookies({ refreshToken: token, csrfToken: `csrf-${token}`, expiresAt: new Date('2030-01-01') })
      return 'in'
    },
    signOut: (_, __, { request }) => {
      request.clearSessionCookies()
      return 'out'
    },
    waitAndCount: async (_, { ms }) => sleep(ms).then(count),
  })
  return schema
}

function attach(schema: GraphQLSchema, typeName: string, resolvers: Resolvers): void {
  const type = schema.getType(typeName)
  if (!type || !('getFields' in type)) throw new Error(`No type ${typeName}`)
  const fields: Record<string, unknown> = type.getFields()
  for (const [name, resolve] of Object.entries(resolvers)) Object.assign(fields[name] as object, { resolve })
}

function fail(error: Error): never {
  throw error
}

function refused(): Error {
  return Object.assign(new Error('connect ECONNREFUSED 10.0.0.5:3306'), { code: 'ECONNREFUSED' })
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
