import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limitKeyOf } from '../../src/auth/limit-keys.ts'
import { addressKey } from '../../src/rate-limit/client-key.ts'
import { identifierKey } from '../../src/users/identity.ts'

describe('the address that counts', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.255', '192.0.2.255'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0DB8:0000:0000:ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['', ''],
    ['unknown', 'unknown'],
  ])('of %j is %j', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })

  it('is one for all hosts of a /64 and another for its neighbour, in any spelling', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const key = addressKey(address)
        expect(addressKey(address.toUpperCase())).toBe(key)
        const network = /^((?:[0-9a-f]{1,4}:){4}):\/64$/.exec(key)?.[1]
        if (network) expect(addressKey(`${network}1:2:3:4`)).toBe(key)
        else expect(key).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
      }),
    )
  })
})

describe('the key of a limited field', () => {
  const refreshedSession = (token: unknown) => (token === 'good' ? 'session-1' : null)
  const anonymous = { request: { ipAddress: '2001:db8::1' }, viewerId: null, isMailOn: true, refreshedSession }
  const neighbour = { request: { ipAddress: '2001:db8::2' }, viewerId: null, isMailOn: true, refreshedSession }
  const user = { request: { ipAddress: '192.0.2.1' }, viewerId: 'id-1', isMailOn: true, refreshedSession }
  const login = (identifier: unknown) => ({ input: { identifier } })

  it('of login is the address and the identifier, whatever its spelling', () => {
    const key = limitKeyOf('login', login('Bob'), anonymous)
    expect(limitKeyOf('login', login('  bOB\n'), neighbour)).toBe(key)
    expect(limitKeyOf('login', login('bobby'), anonymous)).not.toBe(key)
    expect(limitKeyOf('login', login('bob'), user)).not.toBe(key)
  })

  it('of login does not mix what is no identifier with another client', () => {
    expect(limitKeyOf('login', {}, anonymous)).toBe(limitKeyOf('login', login(7), anonymous))
    expect(limitKeyOf('login', { input: null }, anonymous)).not.toBe(limitKeyOf('login', {}, user))
  })

  it('of refresh is the session of a token that is authentic, from wherever, and none for any other', () => {
    const refresh = (refreshToken: unknown) => ({ input: { refreshToken } })
    expect(limitKeyOf('refresh', refresh('good'), user)).toBe(limitKeyOf('refresh', refresh('good'), anonymous))
    expect(limitKeyOf('refresh', refresh('good'), user)).toContain('session-1')
    for (const args of [refresh('bad'), refresh(null), {}, { input: null }])
      expect(limitKeyOf('refresh', args, user)).toBeNull()
  })

  it('of register is none, since what becomes of it counts', () => {
    expect(limitKeyOf('register', {}, user)).toBeNull()
  })

  it.each(['changePassword', 'changeEmail', 'deleteProfile', 'constructor'])('of %s is the user', (field) => {
    const elsewhere = { ...user, request: { ipAddress: '198.51.100.7' } }
    expect(limitKeyOf(field, {}, elsewhere)).toBe(limitKeyOf(field, {}, user))
    expect(limitKeyOf(field, {}, { ...user, viewerId: 'id-2' })).not.toBe(limitKeyOf(field, {}, user))
    expect(limitKeyOf(field, {}, neighbour)).toBe(limitKeyOf(field, {}, anonymous))
  })

  it('never takes a user for an address', () => {
    const named = { request: { ipAddress: '192.0.2.1' }, viewerId: '192.0.2.1', isMailOn: true, refreshedSession }
    expect(limitKeyOf('changeEmail', {}, named)).not.toBe(limitKeyOf('changeEmail', {}, { ...named, viewerId: null }))
  })

  it('folds ASCII alone, so that no other account is counted', () => {
    expect(identifierKey(' Ann@Example.COM ')).toBe('ann@example.com')
    expect(identifierKey('\u212Aate')).not.toBe('kate')
  })
})
