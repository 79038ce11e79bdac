import { ApolloServer, type ApolloServerPlugin, type BaseContext } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled'
import type { GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import { limitsRule, MAX_ERRORS, MAX_TOKENS } from './limits.ts'
import { type RequestPluginOptions, requestPlugin } from './plugin.ts'
import { variablesInScalarsRule } from './scalars.ts'

interface ApolloOptions<TContext extends BaseContext> extends RequestPluginOptions<TContext> {
  schema: GraphQLSchema
  introspection: boolean
  log: Logger
  /** Run after the service's own. */
  plugins?: readonly ApolloServerPlugin<TContext>[]
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
    // Apollo's maxRecursiveSelections would put this rule after those of graphql-js, and bounds no more than it.
    validationRules: [limitsRule, variablesInScalarsRule],
    validationOptions: { maxErrors: MAX_ERRORS, hideSuggestions: true },
    executionOptions: { maxCoercionErrors: MAX_ERRORS },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      requestPlugin(options),
      ...(options.plugins ?? []),
    ],
  })
}

/** Apollo's log lines quote error messages, which may hold values. `ErrorFormatter` logs every fault itself. */
function quietLogger(log: Logger) {
  const say = (level: 'warn' | 'error') => () => log[level]('Apollo Server reported something')
  return { debug: () => undefined, info: () => undefined, warn: say('warn'), error: say('error') }
}
