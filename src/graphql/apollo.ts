import { ApolloServer, type BaseContext } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled'
import type { GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import { limitsRule, MAX_ERRORS, MAX_TOKENS } from './query-limits.ts'
import { type RequestPluginOptions, requestPlugin } from './request-plugin.ts'

interface ApolloOptions<TContext extends BaseContext> extends RequestPluginOptions<TContext> {
  schema: GraphQLSchema
  introspection: boolean
  log: Logger
}

export function createApollo<TContext extends BaseContext>(options: ApolloOptions<TContext>): ApolloServer<TContext> {
  return new ApolloServer<TContext>({
    schema: options.schema,
    logger: quietLogger(options.log),
    introspection: options.introspection,
    formatError: options.formatter.format,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    // Apollo's own maxRecursiveSelections would put this rule after all of graphql's; it bounds the same by itself.
    validationRules: [limitsRule],
    validationOptions: { maxErrors: MAX_ERRORS, hideSuggestions: true },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      requestPlugin(options),
    ],
  })
}

/** Apollo's own lines repeat messages of errors, which may hold values; the formatter logs every fault itself. */
function quietLogger(log: Logger) {
  const say = (level: 'debug' | 'info' | 'warn' | 'error') => () => log[level]('Apollo Server reported something')
  return { debug: () => undefined, info: () => undefined, warn: say('warn'), error: say('error') }
}
