import type { GraphQLRequestContextResponseForOperation } from '@apollo/server'
import { execute, type SingularExecutionResult } from '@graphql-tools/executor'
import type { GraphQLError } from 'graphql'
import { MAX_ERRORS } from './query-limits.ts'

type Operation = Pick<
  GraphQLRequestContextResponseForOperation<object>,
  'schema' | 'document' | 'request' | 'contextValue'
>

interface Executed {
  /** Undefined where nothing ran: a variable does not fit. */
  data?: Record<string, unknown> | null
  errors?: GraphQLError[]
}

/**
 * Executes an operation by the fork of graphql's executor that GraphQL Tools keep. It takes half of the time, as it
 * coerces the arguments of a field once for a list and not once for each item ("Executor" in `bench/README.md`).
 */
export async function executeOperation({ schema, document, request, contextValue }: Operation): Promise<Executed> {
  const { operationName, variables: variableValues } = request
  const result = await execute({
    schema,
    document,
    operationName,
    variableValues,
    contextValue,
    hideSuggestions: true,
  })
  // Nothing is delivered in parts: the schema has no @defer and no @stream.
  const { data, errors } = result as SingularExecutionResult<Record<string, unknown>>
  if (!errors) return { data }
  return { data, errors: data === undefined ? errors.slice(0, MAX_ERRORS + 1) : oneOfEachPlace(errors) }
}

/**
 * The fork answers an AggregateError, as drivers throw it where no address of a host answers, with each of its parts;
 * GraphQL has one error for a field (October 2021, section 6.4.4).
 */
function oneOfEachPlace(errors: readonly GraphQLError[]): GraphQLError[] {
  const places = new Set<string>()
  return errors.filter(({ path }) => {
    const place = JSON.stringify(path)
    return !places.has(place) && places.add(place)
  })
}
