import { describe, expect, it } from 'vitest'
import { session } from '../../src/authorization/rules.ts'
import { defineFeature, type Feature } from '../../src/feature.ts'
import { withBuiltIn } from '../../src/features.ts'
import { buildTypes } from '../../src/schema.ts'

/** A permission that no type declares, as plain JavaScript could pass it. */
const permission = (value: string) => ({ value, description: 'For a test.', roles: ['user'] }) as never

describe('a feature', () => {
  it.each<[what: string, feature: Feature, message: string]>([
    ['name', { name: 'My notes' }, "'My notes' is no name of a feature"],
    ['permission', { name: 'a', permissions: { A: permission('read') } }, "'read' is no permission"],
    ['name of a permission', { name: 'a', permissions: { a: permission('a:read') } }, "'a' is no name in an enum"],
    ['action', { name: 'a', activityActions: { ['A'.repeat(33)]: 'Long.' } }, 'is no name in an enum'],
  ])('with an odd %s is refused', (_, feature, message) => {
    expect(() => defineFeature(feature)).toThrow(message)
  })

  it('of a name that is taken is refused', () => {
    expect(() => withBuiltIn([{ name: 'users' }])).toThrow("Two features have the name 'users'")
  })

  it.each<[what: string, feature: Feature, message: string]>([
    ['permission', { name: 'a', permissions: { USER_READ: permission('a:read') } }, 'Two of Permission: USER_READ'],
    ['value', { name: 'a', permissions: { A_READ: permission('user:read') } }, 'Two of Permission: A_READ'],
    ['action', { name: 'a', activityActions: { USER_LOGIN: 'Other.' } }, 'Two of ActivityAction: USER_LOGIN'],
    ['line of access', { name: 'a', access: { Query: { me: session() } } }, 'Two lines of access for Query.me'],
    [
      'line without a field',
      { name: 'a', access: { Query: { no: session() } } },
      'Rules without a root field: Query.no',
    ],
  ])('with a %s that cannot be refuses the start', async (_, feature, message) => {
    await expect(buildTypes(withBuiltIn([feature]))).rejects.toThrow(message)
  })
})
