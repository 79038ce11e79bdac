import { DirectiveLocation, GraphQLDirective, GraphQLInt, GraphQLNonNull, type GraphQLSchema } from 'graphql'
import { rateLimitDirective as createRateLimitDirective } from 'graphql-rate-limit-directive'
import { type IRateLimiterOptions, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { RateLimits } from './rate-limits.ts'

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
  /** Whose executions of the field are counted together. */
  keyOf(fieldName: string, args: Record<string, unknown>, context: Context): string
}

/**
 * Counts every execution of the fields that carry @rateLimit, before anything else of theirs runs, provided that this
 * is the last transformation of the schema. A refusal is the field's error, a RateLimitedError.
 */
export function applyRateLimits<Context>(
  schema: GraphQLSchema,
  { limits, keyOf }: ApplyRateLimitsOptions<Context>,
): GraphQLSchema {
  const { rateLimitDirectiveTransformer } = createRateLimitDirective<Context, FieldLimiterOptions>({
    name: rateLimitDirective.name,
    limiterClass: FieldLimiter,
    limiterOptions: { limits },
    keyGenerator: (_limit, _source, args, context, info) =>
      `${info.parentType.name}.${info.fieldName} ${keyOf(info.fieldName, args, context)}`,
  })
  return rateLimitDirectiveTransformer(schema)
}

interface FieldLimiterOptions extends IRateLimiterOptions {
  limits: RateLimits
}

/**
 * What the directive's library counts with: it makes one per limit and duration, and passes on what `consume` throws.
 * It extends the memory limiter because the abstract class exists in the types alone; its memory stays empty.
 */
class FieldLimiter extends RateLimiterMemory {
  private readonly limits: RateLimits

  constructor(options: FieldLimiterOptions) {
    super(options)
    this.limits = options.limits
  }

  override async consume(key: string): Promise<RateLimiterRes> {
    await this.limits.consume('field', key, this.points, this.duration)
    return new RateLimiterRes()
  }
}
