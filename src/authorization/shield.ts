import { createRequire } from 'node:module'
import util from 'node:util'
import { ServiceUnavailableError } from '../errors.ts'

type Shield = typeof import('graphql-shield')
export type ShieldRule = ReturnType<Shield['and']> | ReturnType<ReturnType<Shield['rule']>>

// graphql-shield imports `util.isUndefined`, which Node 23 removed.
const legacyUtil = util as { isUndefined?: (value: unknown) => boolean }
legacyUtil.isUndefined ??= (value) => value === undefined

// Both through `require`: mixed ESM and CommonJS builds would load two copies of graphql-middleware.
const require = createRequire(import.meta.url)
const graphqlShield: Shield = require('graphql-shield')
const graphqlMiddleware = require('graphql-middleware') as typeof import('graphql-middleware')

export const allow: ShieldRule = graphqlShield.allow
export const deny: ShieldRule = graphqlShield.deny
export const chain: Shield['chain'] = graphqlShield.chain
export const rule: Shield['rule'] = graphqlShield.rule
export const shield: Shield['shield'] = graphqlShield.shield
export const { applyMiddleware } = graphqlMiddleware

/** A rule that throws is a fault, neither a grant nor a refusal. Errors of resolvers pass unchanged. */
export const SHIELD_OPTIONS: NonNullable<Parameters<Shield['shield']>[1]> = {
  fallbackRule: deny,
  fallbackError: () => new ServiceUnavailableError(),
  allowExternalErrors: true,
}
