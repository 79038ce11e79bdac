import type { GraphQLFieldResolver, GraphQLObjectType, GraphQLSchema } from 'graphql'
import { ActivityAction } from '../activity/actions.ts'
import type { AppContext } from '../context.ts'
import { ForbiddenError, RateLimitedError } from '../errors.ts'

type RootResolver = GraphQLFieldResolver<unknown, AppContext>

/** They sign somebody in, so whoever comes with the request does not matter to them. */
const WITHOUT_VIEWER = new Set(['login', 'refresh'])

/**
 * What surrounds every root field, outside of limits and rules: the viewer is looked up before it (once for the
 * queries of a document, anew for each mutation after the first), and a refusal is recorded after it.
 * Changes the schema in place; to be applied last.
 */
export function wrapRootFields(schema: GraphQLSchema): GraphQLSchema {
  wrap(schema.getQueryType(), (context) => context.viewer.load())
  wrap(schema.getMutationType(), prepareMutation())
  return schema
}

function wrap(
  type: GraphQLObjectType | null | undefined,
  prepare: (context: AppContext, field: string) => Promise<void>,
): void {
  for (const field of Object.values(type?.getFields() ?? {})) {
    const resolve = field.resolve as RootResolver | undefined
    if (!resolve) throw new Error(`The root field ${field.name} has no resolver.`)
    const wrapped: RootResolver = async (parent, args, context, info) => {
      await prepare(context, info.fieldName)
      try {
        return orThrow(await resolve(parent, args, context, info))
      } catch (error) {
        if (error instanceof ForbiddenError) await recordDenial(context, info.fieldName)
        throw error
      }
    }
    field.resolve = wrapped
  }
}

/** Shield returns what it and the resolvers below it throw; the limits outside of it throw. */
function orThrow(value: unknown): unknown {
  if (value instanceof Error) throw value
  return value
}

function prepareMutation() {
  const seen = new WeakSet<object>()
  return async (context: AppContext, field: string): Promise<void> => {
    const { viewer } = context
    const isFirst = !seen.has(viewer)
    seen.add(viewer)
    if (!isFirst) context.forgetRows()
    if (!WITHOUT_VIEWER.has(field)) await (isFirst ? viewer.load() : viewer.reload())
  }
}

/** In a transaction of its own; at most one per viewer and field per minute. */
async function recordDenial({ viewer, services, denials }: AppContext, field: string): Promise<void> {
  const userId = viewer.id
  if (userId === null) return
  try {
    await denials.consume('denial', `${userId} ${field}`, 1, 60)
  } catch (error) {
    if (error instanceof RateLimitedError) return
    throw error
  }
  await services.activity.record({ action: ActivityAction.ACCESS_DENIED, userId, actorId: userId, details: field })
}
