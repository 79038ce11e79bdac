import { DirectiveLocation, GraphQLDirective, GraphQLInt, GraphQLNonNull, type GraphQLSchema } from 'graphql'
import { rateLimitDirective as createRateLimitDirective } from 'graphql-rate-limit-directive'
import type { LimiterOptions } from './limiters.ts'
import { hashKey, type RateLimits, rateLimited } from './rate-limits.ts'

/** For the schema's `directives`, so that the emitted schema shows how often a field may be called. */
export const rateLimitDirective = new GraphQLDirective({
  name: 'rateLimit',
  description: 'How often one client may run a field. Counted per field execution, so every alias counts.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: {
    limit: { type: new GraphQLNonNull(GraphQLInt), description: 'Executions within the duration.' },
    duration: { type: new GraphQLNonNull(GraphQLInt), description: 'Seconds.' },
  },
})

interface ApplyRateLimitsOptions<Context> {
  limits: RateLimits
  /** Executions of a field with the same key count together; null: this one is not counted. */
  keyOf(fieldName: string, args: Record<string, unknown>, context: Context): string | null
}

/**
 * Counts the executions of the fields that carry @rateLimit. Apply it last, so that it counts before authorisation
 * and before the resolver. A refusal is the field's error, a RateLimitedError.
 */
export function applyRateLimits<Context>(
  schema: GraphQLSchema,
  { limits, keyOf }: ApplyRateLimitsOptions<Context>,
): GraphQLSchema {
  const { rateLimitDirectiveTransformer } = createRateLimitDirective<Context, LimiterOptions>({
    name: rateLimitDirective.name,
    limiterClass: limits.limiterClass,
    limiterOptions: { ...limits.limiterOptions, keyPrefix: 'gatehouse:limit:field' },
    pointsCalculator: (_limit, _source, args, context, info) => (keyOf(info.fieldName, args, context) === null ? 0 : 1),
    keyGenerator: (_limit, _source, args, context, info) =>
      hashKey(`${info.parentType.name}.${info.fieldName} ${keyOf(info.fieldName, args, context)}`),
    onLimit: (refusal, { duration }, _source, _args, _context, { fieldName }) => {
      limits.refused(fieldName)
      throw rateLimited(refusal, duration)
    },
  })
  return rateLimitDirectiveTransformer(schema)
}
