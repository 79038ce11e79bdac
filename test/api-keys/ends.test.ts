import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { openOperator } from '../../src/operations/operator.ts'
import { askForKey, deedsOf, keysOf, makeKey } from '../support/api-keys.ts'
import { createSecondInstance, createTestApp, describeEachBackend } from '../support/app.ts'
import { MailApp } from '../support/mail-app.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { codesOf } from '../support/tokens.ts'

const NEXT = 'another long password 2'
const CHANGE_PASSWORD = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { revokedSessions } }'
const REVOKE_SESSIONS = 'mutation ($id: ID!) { revokeUserSessions(input: { userId: $id }) { revokedSessions } }'

describeEachBackend('keys and the end of sessions', (backend) => {
  let mails: MailApp

  beforeAll(async () => {
    mails = await MailApp.create(backend)
  })
  afterAll(() => mails.close())

  const newKey = (owner: Pick<Person, 'client'>) => makeKey(mails.app, owner, ['PROFILE_READ'])
  const isGood = async ({ secret }: { secret: string }) => (await codesOf(mails.app, secret)).length === 0
  const revocationsOf = async (userId: string) => {
    const document = `query ($filter: ActivityFilter) {
      activities(filter: $filter) { nodes { action actorId details apiKeyId } }
    }`
    const filter = { userId, actions: ['API_KEY_REVOKED', 'SESSION_REVOKED'] }
    type Found = { activities: { nodes: { action: string; actorId: string; details: string }[] } }
    return (await mails.chief.client.get<Found, object>(document, { filter })).activities.nodes.reverse()
  }

  it('go on after a new password by the old one, after logout, and after the end of other sessions', async () => {
    const alice = await signUp(mails.app)
    const key = await newKey(alice)
    const input = { currentPassword: PASSWORD, newPassword: NEXT }
    await alice.client.get(CHANGE_PASSWORD, { input })
    await signIn(mails.app, alice.username, NEXT)
    await alice.client.get('mutation { revokeOtherSessions { revokedSessions } }')
    await alice.client.get('mutation { logout { sessionId } }')
    expect(await isGood(key)).toBe(true)
    const { client } = await signIn(mails.app, alice.username, NEXT)
    expect(await keysOf({ client })).toHaveLength(1)
  })

  it('end with a password that is reset, without rows of their own (ASVS 7.4.3)', async () => {
    const [alice, bob] = [await signUp(mails.app), await signUp(mails.app)]
    const [key, another, ofBob] = [await newKey(alice), await newKey(alice), await newKey(bob)]
    await mails.requestReset(alice.email)
    const token = await mails.token(alice.email, 'reset-password')
    expect((await mails.reset(token, NEXT)).data).toEqual({ resetPassword: { revokedSessions: 1 } })
    for (const ended of [key, another]) expect(await isGood(ended)).toBe(false)
    expect(await isGood(ofBob)).toBe(true)
    expect(await revocationsOf(alice.id)).toEqual([])
    expect(await keysOf(await signIn(mails.app, alice.username, NEXT))).toEqual([])
  })

  it('cannot be made while a new password is being set, by a session that ends with the old one', async () => {
    const alice = await signUp(mails.app)
    const { sql } = mails
    await sql.run(sql.isSqlite ? 'begin immediate' : 'begin')
    await sql.run('update users set turn = turn + 1 where id = ?', [alice.id])
    await sql.run('delete from sessions where user_id = ?', [alice.id])
    const asked = askForKey(alice, {})
    await pause(100)
    await sql.run('commit')
    expect((await asked).codes).toEqual(['UNAUTHENTICATED'])
    expect(await sql.all('select id from api_keys where user_id = ?', [alice.id])).toEqual([])
  })

  it('are as young as the lock that they waited for, so that what ends younger ones misses none', async () => {
    const alice = await signUp(mails.app)
    const { sql, clock } = mails
    await sql.run(sql.isSqlite ? 'begin immediate' : 'begin')
    await sql.run('update users set turn = turn + 1 where id = ?', [alice.id])
    const asked = newKey(alice)
    await pause(100)
    clock.advance(5)
    await sql.run('commit')
    expect((await asked).createdAt).toBe(clock.now().toISOString())
  })

  it('end with a change of address that is taken back, if they were made since (ASVS 7.4.3)', async () => {
    const alice = await signUp(mails.app)
    const before = await newKey(alice)
    mails.clock.advance(1)
    const email = `new-${alice.email}`
    await mails.changeEmail(alice, email)
    expect((await mails.verify(await mails.token(email, 'confirm-email-change'))).codes).toEqual([])
    const [during, later] = [await newKey(alice), await newKey(alice)]
    for (const key of [before, during, later]) expect(await isGood(key)).toBe(true)
    expect((await mails.revert(await mails.token(alice.email, 'email-changed'))).codes).toEqual([])
    expect(await isGood(before)).toBe(true)
    for (const key of [during, later]) expect(await isGood(key)).toBe(false)
    expect(await revocationsOf(alice.id)).toEqual([])
  })

  it('end by revokeUserSessions, each good one with a row (ASVS 7.4.5)', async () => {
    const alice = await signUp(mails.app)
    const expired = await makeKey(mails.app, alice, ['PROFILE_READ'], {
      expiresAt: new Date(mails.clock.now().getTime() + 1000).toISOString(),
    })
    const [first, second] = [await newKey(alice), await newKey(alice)]
    mails.clock.advance(1)
    const other = await newKey(await signUp(mails.app))
    expect(await mails.chief.client.get(REVOKE_SESSIONS, { id: alice.id })).toEqual({
      revokeUserSessions: { revokedSessions: 1 },
    })
    for (const key of [expired, first, second]) expect(await isGood(key)).toBe(false)
    expect(await isGood(other)).toBe(true)
    const revoked = await revocationsOf(alice.id)
    for (const entry of revoked) expect(entry).toMatchObject({ actorId: mails.chief.id, apiKeyId: null })
    const details = revoked.map((entry) => entry.details).sort()
    expect(details).toEqual([first.id, second.id, `${alice.sessionId} REVOKED`].sort())
  })

  it('end by their own hand, which the row of it tells', async () => {
    const key = await makeKey(mails.app, mails.chief, await everyPermission())
    await key.client.get(REVOKE_SESSIONS, { id: mails.chief.id })
    expect(await isGood(key)).toBe(false)
    const chief = await signIn(mails.app, mails.chief.username)
    expect((await deedsOf(chief, chief.id)).at(-2)).toMatchObject({ action: 'SESSION_REVOKED', apiKeyId: key.id })
  })

  it('end with keys:reset, as nothing opens them any more', async () => {
    const app = await createTestApp({ backend })
    const owner = await signUpAdmin(app)
    await makeKey(app, owner, ['PROFILE_READ'])
    const operator = await openOperator(readConfig(app.env))
    await operator.resetKeys()
    await operator.close()
    const restarted = await createSecondInstance(app)
    const { client } = await signIn(restarted, owner.username)
    expect(await client.get('{ me { apiKeys { id } } }')).toEqual({ me: { apiKeys: [] } })
    await restarted.close()
    await app.close()
  })

  const everyPermission = async () =>
    (await mails.chief.client.get<{ me: { permissions: string[] } }, undefined>('{ me { permissions } }')).me
      .permissions
})
