import { FollowsRules } from '../graphql/field-rules.ts'
import { isRoleName, ROLE_NAMES } from './permissions.ts'

const RULES = [{ code: 'INVALID', message: `A role is one of: ${ROLE_NAMES.join(', ')}.` }] as const

export function IsRole(): PropertyDecorator {
  return FollowsRules('isRole', RULES, (name) => (isRoleName(name) ? [] : ['INVALID']))
}
