import 'reflect-metadata'
import { MapperKind, mapSchema } from '@graphql-tools/utils'
import { GraphQLEnumType, type GraphQLEnumValueConfig, type GraphQLSchema, specifiedDirectives } from 'graphql'
import { buildSchema, type NonEmptyArray } from 'type-graphql'
import { limitKeyOf } from './auth/limit-keys.ts'
import { printAccess } from './authorization/access.directive.ts'
import type { Access, AccessMap } from './authorization/rules.ts'
import { applyMiddleware, deny, SHIELD_OPTIONS, shield } from './authorization/shield.ts'
import type { AppContext } from './context.ts'
import type { Feature } from './feature.ts'
import { FEATURES } from './features.ts'
import { FieldErrorType } from './graphql/field-error.types.ts'
import { type FieldObserver, wrapRootFields } from './graphql/root-fields.ts'
import { validateArgument } from './graphql/validate-input.ts'
import type { LimitContext } from './rate-limit/limit-keys.ts'
import { applyRateLimits, rateLimitDirective } from './rate-limit/rate-limit.directive.ts'
import type { RateLimits } from './rate-limit/rate-limits.ts'
import { createRootFieldHooks } from './root-field-hooks.ts'

/** Types and resolvers without rules and limits; `schema.graphql` is emitted from it. */
export async function buildTypes(features: readonly Feature[] = FEATURES): Promise<GraphQLSchema> {
  const resolvers = features.flatMap((feature) => feature.resolvers ?? [])
  const schema = await buildSchema({
    resolvers: resolvers as unknown as NonEmptyArray<(typeof resolvers)[number]>,
    orphanedTypes: [FieldErrorType],
    // This list replaces the specified directives, so they are repeated.
    directives: [...specifiedDirectives, rateLimitDirective],
    validateFn: validateArgument,
  })
  const extended = extendEnums(describeRootTypes(schema), features)
  const access = accessOf(features)
  assertEveryRootFieldHasARule(extended, access)
  return printAccess(extended, access)
}

/**
 * The executable schema. From the inside out: resolvers, rules, limits, the viewer.
 * @param observe runs each root field
 * @throws Error when a root field has no rule, or a rule no field
 */
export async function createSchema(
  features: readonly Feature[],
  limits: RateLimits,
  observe?: FieldObserver,
): Promise<GraphQLSchema> {
  const types = await buildTypes(features)
  const guarded = applyRules(types, accessOf(features))
  const limited = applyRateLimits<AppContext>(guarded, {
    limits,
    keyOf: (field, args, context) => limitKeyOf(field, args, limitContextOf(context)),
  })
  return wrapRootFields(limited, createRootFieldHooks(observe))
}

function limitContextOf(context: AppContext): LimitContext {
  const { request, viewer, services } = context
  const refreshedSession = (token: unknown) => context.refreshedSession(token)
  return { request, viewerId: viewer.id, isMailOn: services.mail.isOn, refreshedSession }
}

/** TypeGraphQL makes these types from the resolvers, and has no option for their descriptions. */
function describeRootTypes(schema: GraphQLSchema): GraphQLSchema {
  const [query, mutation] = [schema.getQueryType(), schema.getMutationType()]
  if (query) query.description = 'What can be read. Changes nothing, and runs side by side.'
  if (mutation) mutation.description = 'What can be changed. The fields of a document run one after another.'
  return schema
}

/**
 * Permissions and actions of features stand in the schema as the built-in ones do.
 * @throws Error for one that is there already: it would change what the other stands for
 */
function extendEnums(schema: GraphQLSchema, features: readonly Feature[]): GraphQLSchema {
  const permissions = features.flatMap((feature) => Object.entries(feature.permissions ?? {}))
  const actions = features.flatMap(({ activityActions }) => Object.entries(activityActions ?? {}))
  const added: Record<string, [name: string, config: GraphQLEnumValueConfig][]> = {
    Permission: permissions.map(([name, { value, description }]) => [name, { value, description }]),
    ActivityAction: actions.map(([name, description]) => [name, { value: name, description }]),
  }
  return mapSchema(schema, {
    [MapperKind.ENUM_TYPE]: (type) => {
      const { values, ...config } = type.toConfig()
      for (const [name, value] of added[type.name] ?? []) {
        const isTaken = Object.entries(values).some(([other, known]) => other === name || known.value === value.value)
        if (isTaken) throw new Error(`Two of ${type.name}: ${name}`)
        values[name] = value
      }
      return type.name in added ? new GraphQLEnumType({ ...config, values }) : undefined
    },
  })
}

/** The lines of all features together. @throws Error where two features have one for the same field */
export function accessOf(features: readonly Feature[]): Required<AccessMap> {
  const all = { Query: {}, Mutation: {} }
  for (const { access } of features) {
    for (const type of ['Query', 'Mutation'] as const) {
      const twice = Object.keys(access?.[type] ?? {}).find((field) => field in all[type])
      if (twice) throw new Error(`Two lines of access for ${type}.${twice}`)
      Object.assign(all[type], access?.[type])
    }
  }
  return all
}

/** Denies fields without a line. Shield wraps root fields only: on every field, requests take 1.3 to 1.5 times as long. */
export function applyRules(schema: GraphQLSchema, { Query = {}, Mutation = {} }: AccessMap): GraphQLSchema {
  const rulesOf = (lines: Readonly<Record<string, Access>>) =>
    Object.fromEntries(Object.entries(lines).map(([field, { rule }]) => [field, rule]))
  const map = { Query: { '*': deny, ...rulesOf(Query) }, Mutation: { '*': deny, ...rulesOf(Mutation) } }
  const rules = shield(map, SHIELD_OPTIONS).generate(schema) as { Query: object; Mutation: object }
  return applyMiddleware(schema, { Query: rules.Query, Mutation: rules.Mutation } as never)
}

/** A forgotten field is denied anyway; refusing the start shows the mistake before production. */
export function assertEveryRootFieldHasARule(schema: GraphQLSchema, access: AccessMap = accessOf(FEATURES)): void {
  const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name}.${field}`),
  )
  const rules = Object.entries(access).flatMap(([type, lines]) => Object.keys(lines).map((field) => `${type}.${field}`))
  const missing = fields.filter((field) => !rules.includes(field))
  const idle = rules.filter((rule) => !fields.includes(rule))
  if (missing.length > 0) throw new Error(`Root fields without a rule in the permission map: ${missing.join(', ')}`)
  if (idle.length > 0) throw new Error(`Rules without a root field: ${idle.join(', ')}`)
}
