/**
 * What the packages cost by themselves: the schema of the service in Apollo Server over Fastify, where each root field
 * answers with the baseline's work. No TypeGraphQL, ORM, rule, limit or loader: no service on these packages could cost
 * less.
 */
import { readFileSync } from 'node:fs'
import { ApolloServer } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import Fastify from 'fastify'
import { buildSchema, GraphQLError } from 'graphql'
import { announce, findViewer, work } from './baseline-parts.ts'
import { Refusal } from './baseline-work.ts'

interface Context {
  authorization: string | undefined
  origin: { ipAddress: string; userAgent: string | null }
}

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'))
const rootFields = { ...schema.getQueryType()?.getFields(), ...schema.getMutationType()?.getFields() }
for (const [name, operation] of Object.entries(work)) {
  const field = rootFields[operation?.field ?? '']
  if (!field || !operation) throw new Error(`${name} is no field of the schema.`)
  field.resolve = async (_parent, { input }, { authorization, origin }: Context) => {
    const viewer = name === 'W5' ? null : await findViewer(authorization)
    return operation.run(viewer, input ?? {}, origin).catch(refuse)
  }
}

function refuse(error: unknown): never {
  if (!(error instanceof Refusal)) throw error
  throw new GraphQLError(error.message, { extensions: { code: error.code } })
}

const apollo = new ApolloServer<Context>({
  schema,
  stopOnTerminationSignals: false,
  plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled()],
})
await apollo.start()
const app = Fastify()
const handler = fastifyApolloHandler(apollo, {
  context: async ({ headers, ip }) => ({
    authorization: headers.authorization,
    origin: { ipAddress: ip, userAgent: headers['user-agent'] ?? null },
  }),
})
app.route({ method: 'POST', url: '/graphql', handler })
announce(`${await app.listen({ host: '127.0.0.1', port: 0 })}/graphql`)
