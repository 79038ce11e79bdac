import { availableParallelism } from 'node:os'
import argon2 from 'argon2'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, type MockInstance, vi } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { Statements } from '../support/statements.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities, faultsOf, login } from '../support/tokens.ts'

const WRONG = 'wrong password 1'
const UPDATE = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'

/** Passwords that no account can have. */
const IMPOSSIBLE: [string, string, string][] = [
  ['of 1 MB', 'x1'.repeat(524_288), 'TOO_LONG'],
  ['of 1 MB of combining marks', `a1${'\u0316\u0301'.repeat(262_144)}`, 'TOO_LONG'],
  ['of 513 bytes', `${'\u{1f600}'.repeat(128)}1`, 'TOO_LONG'],
  ['with a lone surrogate', 'violet \ud800 river 7', 'INVALID'],
  ['with surrogates in the wrong order', 'violet \udc00\ud800 river 7', 'INVALID'],
  ['with NUL inside', 'violet \0 river 7', 'INVALID'],
  ['that is a good one and NUL', `${PASSWORD}\0`, 'INVALID'],
]

/** SQLite's driver reports statements with their values. */
function withoutValues(sql: string): string {
  return sql
    .replace(/'(?:[^']|'')*'(?:\/\*.*?\*\/)?|\bNULL\b|\b\d[\d.]*/gi, '?')
    .replace(/(username|email)_key/g, 'key')
}

describeEachBackend('what meets the hash function', (backend) => {
  let app: TestApp
  let chief: Person
  let hash: MockInstance<typeof argon2.hash>
  let verify: MockInstance<typeof argon2.verify>
  const statements = new Statements()

  beforeAll(async () => {
    const env = { BODY_LIMIT: '8000000', PASSWORD_HASH_MEMORY_KIB: '512', PASSWORD_HASH_ITERATIONS: '2' }
    app = await createTestApp({ backend, env, onQuery: statements.onQuery })
    chief = await signUpAdmin(app)
  })
  afterAll(() => app.close())
  beforeEach(() => {
    // Calls the real function, and counts.
    hash = vi.spyOn(argon2, 'hash')
    verify = vi.spyOn(argon2, 'verify')
  })
  afterEach(() => vi.restoreAllMocks())

  /** The parameters of each checked digest, and the password. */
  const checks = () => verify.mock.calls.map(([digest, text]) => [digest.split('$').slice(0, 4).join('$'), text])

  it('is the same for unknown, known and disabled accounts, and so are the statements and the answer (ASVS 6.3.8)', async () => {
    const [alice, gone] = [await signUp(app), await signUp(app)]
    await chief.client.get(UPDATE, { input: { userId: gone.id, isActive: false } })
    const outcomes = new Map<string, string[]>()
    const names = { unknown: 'nobody-at-all', known: alice.username, disabled: gone.username, malformed: 'no\0body é' }
    const addresses = { unknown: 'nobody@example.net', known: alice.email, disabled: gone.email, malformed: 'é@@' }
    for (const [kind, identifiers] of Object.entries({ names, addresses }))
      for (const [who, identifier] of Object.entries(identifiers)) {
        verify.mockClear()
        hash.mockClear()
        const sent = await statements.of(async () => {
          const { status, data, errors, headers } = await login(app, identifier, WRONG)
          const kept = [...headers].filter(([name]) => name !== 'x-request-id' && name !== 'date')
          outcomes.set(`${kind} ${who}`, [JSON.stringify([status, data, errors, kept])])
        })
        expect(hash).not.toHaveBeenCalled()
        expect(checks()).toEqual([['$argon2id$v=19$m=512,p=1,t=2', WRONG]])
        outcomes.get(`${kind} ${who}`)?.push(...sent.map(withoutValues))
      }
    const all = [...outcomes.values()].map((outcome) => JSON.stringify(outcome))
    expect(outcomes.get('names unknown')?.length).toBeGreaterThan(2)
    expect(new Set(all)).toEqual(new Set([all[0]]))
  })

  it('costs an account that is disabled no less where the password is right', async () => {
    const gone = await signUp(app)
    await chief.client.get(UPDATE, { input: { userId: gone.id, isActive: false } })
    verify.mockClear()
    expect((await login(app, gone.username)).codes).toEqual(['ACCOUNT_DISABLED'])
    expect(checks()).toEqual([['$argon2id$v=19$m=512,p=1,t=2', PASSWORD]])
  })

  it.each(IMPOSSIBLE)('is no new password %s, wherever it is sent (ASVS 15.2.2)', async (_, password, code) => {
    const alice = await signUp(app)
    hash.mockClear()
    verify.mockClear()
    const account = { username: 'never.made', email: 'never.made@example.com', password }
    const register = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
    const create = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }'
    const change = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { revokedSessions } }'
    expect(faultsOf(await new TestClient(app.url).run(register, { input: account }))).toEqual([
      ['input.password', code],
    ])
    expect(faultsOf(await chief.client.run(create, { input: account }))).toEqual([['input.password', code]])
    const answer = await alice.client.run(change, { input: { currentPassword: PASSWORD, newPassword: password } })
    expect(faultsOf(answer)).toEqual([['input.newPassword', code]])
    expect(hash).not.toHaveBeenCalled()
    expect(verify).not.toHaveBeenCalled()
    expect((await login(app, account.username)).codes).toEqual(['INVALID_CREDENTIALS'])
    await signIn(app, alice.username)
  })

  it.each(IMPOSSIBLE)('is no password %s to be checked, though the work is the same', async (_, password) => {
    const alice = await signUp(app)
    const input = { currentPassword: password }
    const runs: (() => Promise<{ codes: string[] }>)[] = [
      () => login(app, alice.username, password),
      () => login(app, 'nobody-at-all', password),
      () =>
        alice.client.run('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { user { id } } }', {
          input: { ...input, newPassword: 'another long password 2' },
        }),
      () =>
        alice.client.run('mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { user { id } } }', {
          input: { ...input, email: 'another@example.com' },
        }),
      () =>
        alice.client.run('mutation ($input: DeleteProfileInput!) { deleteProfile(input: $input) { userId } }', {
          input,
        }),
    ]
    for (const run of runs) {
      verify.mockClear()
      hash.mockClear()
      expect((await run()).codes).toEqual(['INVALID_CREDENTIALS'])
      expect(checks()).toEqual([['$argon2id$v=19$m=512,p=1,t=2', expect.stringMatching(/^[\w ]{1,64}$/)]])
      expect(hash).not.toHaveBeenCalled()
    }
    await signIn(app, alice.username)
  })

  it('is nothing of a body of 1 MB where the limit is as it comes: 413', async () => {
    const strict = await createTestApp({ backend })
    verify.mockClear()
    const answer = await login(strict, 'nobody-at-all', 'x'.repeat(1_000_000))
    expect([answer.status, answer.codes]).toEqual([413, ['BAD_REQUEST']])
    expect(verify).not.toHaveBeenCalled()
    await strict.close()
  })
})

describeEachBackend('200 logins at once', (backend) => {
  let app: TestApp
  let chief: Person
  let person: Person
  beforeAll(async () => {
    app = await createTestApp({ backend, env: { PASSWORD_HASH_CONCURRENCY: '2' } })
    chief = await signUpAdmin(app)
    person = await signUp(app)
  })
  afterAll(() => app.close())
  afterEach(() => vi.restoreAllMocks())

  it('are 2 that are hashed where there are cores for them, 64 that wait and 134 that are refused while these run; others are served (ASVS 15.2.2)', async () => {
    const real = argon2.verify
    const gate = Promise.withResolvers<void>()
    const verify = vi.spyOn(argon2, 'verify').mockImplementation(async (...call) => {
      await gate.promise
      return real(...call)
    })
    const codes: string[] = []
    const logins = Array.from({ length: 200 }, async (_, index) => {
      const { codes: own } = await login(app, index % 2 ? person.username : `nobody${index}`, WRONG)
      codes.push(own[0] ?? 'ok')
    })
    await vi.waitFor(() => expect(codes.length).toBeGreaterThanOrEqual(134), { timeout: 20_000 })

    expect(await person.client.get('{ me { id } }')).toEqual({ me: { id: person.id } })
    const input = { username: 'one.more', email: 'one.more@example.com', password: PASSWORD }
    const register = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
    expect((await person.client.run(register, { input })).codes).toEqual(['SERVICE_UNAVAILABLE'])
    expect(codes).toEqual(Array(134).fill('SERVICE_UNAVAILABLE'))
    expect(verify).toHaveBeenCalledTimes(Math.min(2, availableParallelism()))

    gate.resolve()
    await Promise.all(logins)
    expect(codes.slice(134)).toEqual(Array(66).fill('INVALID_CREDENTIALS'))
    expect(verify).toHaveBeenCalledTimes(66)
    expect(await activities(chief.client, { actions: ['USER_LOGIN_FAILED'] })).toHaveLength(66)
    expect((await person.client.run(register, { input })).codes).toEqual([])
  })
})
