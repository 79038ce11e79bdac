import Negotiator from 'negotiator'

export const JSON_TYPE = 'application/json; charset=utf-8'
const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8'

/** As Apollo chooses: application/json unless Accept prefers GraphQL's own type. Undefined: Accept allows neither. */
export function answerType(accept: string | undefined): string | undefined {
  if (!accept) return JSON_TYPE
  return new Negotiator({ headers: { accept } }).mediaType([JSON_TYPE, GRAPHQL_TYPE])
}
