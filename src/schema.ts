import 'reflect-metadata'
import { type GraphQLSchema, specifiedDirectives } from 'graphql'
import { buildSchema } from 'type-graphql'
import { ActivityConnectionResolver, ActivityResolver } from './activity/activity.resolver.ts'
import { AuthResolver } from './auth/auth.resolver.ts'
import { CredentialsResolver } from './auth/credentials.resolver.ts'
import { limitKeyOf } from './auth/limit-keys.ts'
import { AuthorizationResolver } from './authorization/authorization.resolver.ts'
import { permissionMap } from './authorization/permission-map.ts'
import { applyMiddleware, SHIELD_OPTIONS, shield } from './authorization/shield.ts'
import type { AppContext } from './context.ts'
import { wrapRootFields } from './graphql/root-fields.ts'
import { validateArgument } from './graphql/validate-input.ts'
import { applyRateLimits, rateLimitDirective } from './rate-limit/rate-limit.directive.ts'
import type { RateLimits } from './rate-limit/rate-limits.ts'
import { SessionResolver, SessionValueResolver } from './sessions/session.resolver.ts'
import { UserConnectionResolver, UserResolver } from './users/user.resolver.ts'
import { ActivityEdgesResolver, UserEdgesResolver } from './users/user-edges.resolver.ts'

const RESOLVERS = [
  AuthResolver,
  CredentialsResolver,
  UserResolver,
  UserConnectionResolver,
  UserEdgesResolver,
  ActivityResolver,
  ActivityConnectionResolver,
  ActivityEdgesResolver,
  AuthorizationResolver,
  SessionResolver,
  SessionValueResolver,
] as const

/** The types and resolvers alone, without rules and limits: what `schema.graphql` is emitted from. */
export async function buildTypes(): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    resolvers: RESOLVERS,
    // Instead of GraphQL's own, not beside them.
    directives: [...specifiedDirectives, rateLimitDirective],
    validateFn: validateArgument,
  })
  return describeRootTypes(schema)
}

/** TypeGraphQL makes them from the resolvers, and takes a description nowhere. */
function describeRootTypes(schema: GraphQLSchema): GraphQLSchema {
  const [query, mutation] = [schema.getQueryType(), schema.getMutationType()]
  if (query) query.description = 'What can be read. Changes nothing, and runs side by side.'
  if (mutation) mutation.description = 'What can be changed. The fields of a document run one after another.'
  return schema
}

/**
 * The schema that answers. From the inside out: resolvers, rules, limits, the viewer.
 * @throws Error where a root field has no rule, or a rule no field
 */
export async function createSchema(limits: RateLimits): Promise<GraphQLSchema> {
  const types = await buildTypes()
  assertEveryRootFieldHasARule(types)
  const rules = shield(permissionMap, SHIELD_OPTIONS).generate(types)
  const { Query, Mutation } = rules as { Query: object; Mutation: object }
  const guarded = applyMiddleware(types, { Query, Mutation } as never)
  const limited = applyRateLimits<AppContext>(guarded, {
    limits,
    keyOf: (field, args, { request, viewer }) => limitKeyOf(field, args, { request, viewerId: viewer.id }),
  })
  return wrapRootFields(limited)
}

/** The default is deny; a field that nobody thought of is a mistake to find at start, not in production. */
export function assertEveryRootFieldHasARule(schema: GraphQLSchema): void {
  const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name}.${field}`),
  )
  const rules = Object.entries(permissionMap).flatMap(([type, map]) =>
    Object.keys(map).map((field) => `${type}.${field}`),
  )
  const missing = fields.filter((field) => !rules.includes(field))
  const idle = rules.filter((rule) => !rule.endsWith('.*') && !fields.includes(rule))
  if (missing.length > 0) throw new Error(`Root fields without a rule in the permission map: ${missing.join(', ')}`)
  if (idle.length > 0) throw new Error(`Rules without a root field: ${idle.join(', ')}`)
}
