import type { GraphQLFieldResolver, GraphQLObjectType, GraphQLSchema } from 'graphql'
import { ForbiddenError } from '../errors.ts'

export interface RootFieldHooks<TContext> {
  /** Runs before each root field. */
  before(context: TContext, field: { name: string; isMutation: boolean }): Promise<void>
  /** Runs after a root field that fails with a ForbiddenError, and before its error is answered. */
  onForbidden(context: TContext, name: string): Promise<void>
  /** Runs a root field with all of the above, and may look at how it ends. */
  observe?: FieldObserver | undefined
}

export type FieldObserver = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>

/** Puts hooks around every root field, in place. Apply it last, so that limits and rules run inside. */
export function wrapRootFields<TContext>(schema: GraphQLSchema, hooks: RootFieldHooks<TContext>): GraphQLSchema {
  wrap(schema.getQueryType(), false, hooks)
  wrap(schema.getMutationType(), true, hooks)
  return schema
}

function wrap<TContext>(
  type: GraphQLObjectType | null | undefined,
  isMutation: boolean,
  hooks: RootFieldHooks<TContext>,
): void {
  for (const field of Object.values(type?.getFields() ?? {})) {
    const { name, resolve } = field
    if (!resolve) throw new Error(`The root field ${name} has no resolver.`)
    const wrapped: GraphQLFieldResolver<unknown, TContext> = async (parent, args, context, info) => {
      await hooks.before(context, { name, isMutation })
      try {
        return orThrow(await resolve(parent, args, context, info))
      } catch (error) {
        if (error instanceof ForbiddenError) await hooks.onForbidden(context, name)
        throw error
      }
    }
    const { observe } = hooks
    field.resolve = observe ? async (...call) => observe(name, async () => wrapped(...call)) : wrapped
  }
}

/** Shield returns errors, its own and those of the resolvers below it; limits throw theirs. */
function orThrow(value: unknown): unknown {
  if (value instanceof Error) throw value
  return value
}
