import { GraphQLScalarType } from 'graphql'
import { GraphQLDateTimeISO, GraphQLJSON } from 'graphql-scalars'

export const DateTimeScalar = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  // Rows hold moments as ISO texts ("Moment" in `clock.ts`): pass them through.
  serialize: (value) => (typeof value === 'string' ? value : GraphQLDateTimeISO.serialize(value)),
  name: 'DateTime',
  description: 'A moment in UTC, ISO 8601 with milliseconds: 2026-01-31T12:00:00.000Z.',
})

export const JsonScalar = new GraphQLScalarType({
  ...GraphQLJSON.toConfig(),
  name: 'JSON',
  description: 'Any JSON value.',
  specifiedByURL: null,
})
