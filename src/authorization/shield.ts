import { createRequire } from 'node:module'
import util from 'node:util'
import { ServiceUnavailableError } from '../errors.ts'

// graphql-shield imports `util.isUndefined`, which Node 23 removed.
const legacyUtil = util as { isUndefined?: (value: unknown) => boolean }
legacyUtil.isUndefined ??= (value) => value === undefined

// Both by one `require`: their ESM and CommonJS builds would each bring a graphql-middleware of its own.
const require = createRequire(import.meta.url)
const graphqlShield = require('graphql-shield') as typeof import('graphql-shield')
const graphqlMiddleware = require('graphql-middleware') as typeof import('graphql-middleware')

export const { allow, and, deny, rule, shield } = graphqlShield
export const { applyMiddleware } = graphqlMiddleware

/** A rule that throws is a fault: neither a grant nor a refusal. What a resolver throws passes as it is. */
export const SHIELD_OPTIONS = {
  fallbackRule: deny,
  fallbackError: () => new ServiceUnavailableError(),
  allowExternalErrors: true,
}

export type ShieldRule = ReturnType<typeof and> | ReturnType<ReturnType<typeof rule>>
