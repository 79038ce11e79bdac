import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import { isBuiltInRole } from '../authorization/permissions.ts'
import type { Clock } from '../clock.ts'
import { violatedUniqueKey } from '../database/faults.ts'
import type { GuardRepository } from '../database/guard.repository.ts'
import { transaction } from '../database/transaction.ts'
import { type FieldFault, LastAdministratorError, ServiceUnavailableError } from '../errors.ts'
import type { RoleRepository } from '../roles/role.repository.ts'
import type { SessionRepository } from '../sessions/session.repository.ts'
import { emailKey, usernameKey } from './identity.ts'
import { type ImportedAccount, newImportedUser } from './imported-account.ts'
import { changesOf, isUnchanged } from './imported-changes.ts'
import type { AccountKeys, UserRepository } from './user.repository.ts'
import type { UserWithHash } from './user.row.ts'

export type OnConflict = 'fail' | 'skip' | 'update'

export interface ImportOptions {
  onConflict: OnConflict
  /** Accounts imported before it are from an earlier run. */
  startedAt: Date
  /** Given: nothing is written, and it gathers the keys of the accounts that would have been. */
  dryRun?: Set<string>
}

/** What became of an account; a list of faults where nothing of it was kept. */
export type ImportOutcome = 'imported' | 'updated' | 'skipped' | FieldFault[]

export interface UserImportDependencies {
  em: EntityManager
  users: UserRepository
  sessions: SessionRepository
  guards: GuardRepository
  roles: RoleRepository
  activity: ActivityService
  clock: Clock
}

/** An account of the import, and those in the database that have its id, username or e-mail address. */
interface Claim {
  account: ImportedAccount
  owners: AccountKeys[]
}

const MAX_TRIES = 3
const REFUSED: FieldFault = { path: '', code: 'INVALID', message: 'The database refused this account.' }
const ROLE_GONE: FieldFault = { path: 'role', code: 'INVALID', message: 'There is no such role.' }
const LAST_ADMINISTRATOR: FieldFault = { path: 'role', code: 'INVALID', message: new LastAdministratorError().message }

/** Takes over accounts of other programs, for operators. Safe to repeat: what an earlier run has imported is skipped. */
export class UserImportService {
  constructor(private readonly deps: UserImportDependencies) {}

  /**
   * Writes a batch in one transaction; where that fails, each account in one of its own. Outcomes in the same order.
   * @throws ServiceUnavailableError
   */
  async importBatch(accounts: readonly ImportedAccount[], options: ImportOptions): Promise<ImportOutcome[]> {
    const outcomes = new Map<ImportedAccount, ImportOutcome>()
    for (let open = [...accounts]; open.length > 0; ) {
      const claims = await this.#claims(open)
      const fresh = withoutRepeats(
        claims.filter(({ owners }) => owners.length === 0),
        options.dryRun,
      )
      const known = claims.filter(({ owners }) => owners.length > 0)
      for (const [account, outcome] of await this.#insertAll(fresh, options)) outcomes.set(account, outcome)
      for (const [account, outcome] of await this.#settleAll(known, options)) outcomes.set(account, outcome)
      // What repeats a key of this batch is looked up again, and then finds its owner.
      open = open.filter((account) => !outcomes.has(account))
      if (options.dryRun) for (const account of open.splice(0)) outcomes.set(account, repeated(options))
    }
    return accounts.map((account) => outcomes.get(account) as ImportOutcome)
  }

  async #insertAll(accounts: ImportedAccount[], options: ImportOptions): Promise<[ImportedAccount, ImportOutcome][]> {
    try {
      if (!options.dryRun) await this.#insert(accounts)
      return accounts.map((account) => [account, 'imported'])
    } catch (error) {
      if (error instanceof ServiceUnavailableError) throw error
    }
    const outcomes: [ImportedAccount, ImportOutcome][] = []
    for (const account of accounts) outcomes.push([account, await this.#importOne(account, options)])
    return outcomes
  }

  /** Somebody else may take a name between the look and the write, so it looks again. */
  async #importOne(account: ImportedAccount, options: ImportOptions): Promise<ImportOutcome> {
    for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
      const claims = await this.#claims([account])
      const [settled] = await this.#settleAll(
        claims.filter(({ owners }) => owners.length > 0),
        options,
      )
      if (settled) return settled[1]
      try {
        await this.#insert([account])
        return 'imported'
      } catch (error) {
        if (error instanceof ServiceUnavailableError) throw error
        if (error instanceof RoleGoneError) return [ROLE_GONE]
        if (violatedUniqueKey(error) === null) return [REFUSED]
      }
    }
    return [REFUSED]
  }

  async #insert(accounts: readonly ImportedAccount[]): Promise<void> {
    if (accounts.length === 0) return
    const { em, users, activity, clock } = this.deps
    const rows = accounts.map((account) => newImportedUser(account, clock()))
    await transaction(em, async () => {
      await this.#lockRoles(accounts)
      await users.insertMany(rows)
      await activity.record(...rows.map(({ id }) => imported(id)))
    })
  }

  async #claims(accounts: readonly ImportedAccount[]): Promise<Claim[]> {
    const found = await this.deps.users.findOwners(accounts.map(keysOf))
    const byKey = new Map(found.flatMap((owner) => keyTexts(owner).map((key) => [key, owner])))
    return accounts.map((account) => {
      const owners = keyTexts(keysOf(account)).flatMap((key) => byKey.get(key) ?? [])
      return { account, owners: [...new Set(owners)] }
    })
  }

  async #settleAll(claims: Claim[], options: ImportOptions): Promise<[ImportedAccount, ImportOutcome][]> {
    const ids = claims.flatMap((claim) => meantBy(claim)?.id ?? [])
    const before = await this.deps.activity.findSubjects(ActivityAction.USER_IMPORTED, ids, options.startedAt)
    const rows = options.onConflict === 'fail' ? await this.deps.users.findRowsWithHash([...before]) : []
    const importedBefore = new Map(rows.map((user) => [user.id, user]))
    const outcomes: [ImportedAccount, ImportOutcome][] = []
    for (const claim of claims) outcomes.push([claim.account, await this.#settle(claim, importedBefore, options)])
    return outcomes
  }

  async #settle(
    claim: Claim,
    importedBefore: ReadonlyMap<string, UserWithHash>,
    options: ImportOptions,
  ): Promise<ImportOutcome> {
    const { account, owners } = claim
    if (options.onConflict === 'skip') return 'skipped'
    const owner = meantBy(claim)
    if (!owner) return takenFaults(claim)
    if (options.onConflict === 'fail') {
      const user = importedBefore.get(owner.id)
      return user && isUnchanged(user, account) ? 'skipped' : takenFaults(claim)
    }
    if (options.dryRun) return 'updated'
    try {
      return await this.#update(owner.id, account)
    } catch (error) {
      if (error instanceof LastAdministratorError) return [LAST_ADMINISTRATOR]
      if (error instanceof RoleGoneError) return [ROLE_GONE]
      if (violatedUniqueKey(error) === null) throw error
      return takenFaults({ account, owners: owners.filter(({ id }) => id !== owner.id) })
    }
  }

  /** As `updateUser` does, with the hash and the moments. A new hash ends the sessions of the account. */
  async #update(id: string, account: ImportedAccount): Promise<ImportOutcome> {
    const { em, users, guards, sessions, activity, clock } = this.deps
    return transaction(em, async () => {
      await guards.lock('administrators')
      await this.#lockRoles([account])
      await users.lock(id)
      const before = await users.findRow(id)
      if (!before) return [REFUSED]
      const changes = changesOf(before, await users.findPasswordHash(id), account, clock())
      if (!changes) return 'skipped'
      await users.nativeUpdate({ id }, changes)
      if (before.role === 'admin' && !(await users.hasActiveAdministrator())) throw new LastAdministratorError()
      if (changes.passwordHash !== undefined || changes.isActive === false) await sessions.deleteByUser(id)
      await activity.record(imported(id))
      return 'updated'
    })
  }

  /** Whoever removes a role locks the same row first. Built-in ones stay. */
  async #lockRoles(accounts: readonly ImportedAccount[]): Promise<void> {
    const names = new Set(accounts.flatMap(({ role = 'user' }) => (isBuiltInRole(role) ? [] : role)))
    if (names.size === 0) return
    await this.deps.guards.lock('administrators')
    if ((await this.deps.roles.findByNames([...names])).length < names.size) throw new RoleGoneError()
  }
}

/** A role was removed after the account that names it was read. */
class RoleGoneError extends Error {}

function imported(userId: string) {
  return { action: ActivityAction.USER_IMPORTED, userId, actorId: null }
}

function keysOf({ id, username, email }: ImportedAccount) {
  return { id, usernameKey: usernameKey(username), emailKey: emailKey(email) }
}

/** Only an e-mail address holds an `@`, and only an id is prefixed. */
function keyTexts({ id, usernameKey: username, emailKey: email }: Partial<AccountKeys>): string[] {
  return [...(id === undefined ? [] : [`id ${id}`]), username ?? '', email ?? '']
}

/** The first of those that share a key; the keys are added to `seen`. */
function withoutRepeats(claims: Claim[], seen = new Set<string>()): ImportedAccount[] {
  const fresh: ImportedAccount[] = []
  for (const { account } of claims) {
    const keys = keyTexts(keysOf(account))
    if (keys.some((key) => seen.has(key))) continue
    for (const key of keys) seen.add(key)
    fresh.push(account)
  }
  return fresh
}

/** The account that is meant: the one with the id, or without an id the only one with the username or the address. */
function meantBy({ account, owners }: Claim): AccountKeys | null {
  if (account.id !== undefined) return owners.find(({ id }) => id === account.id) ?? null
  return owners.length === 1 ? (owners[0] ?? null) : null
}

function takenFaults({ account, owners }: Claim): FieldFault[] {
  const keys = keysOf(account)
  const fields = [
    ['id', owners.some(({ id }) => id === keys.id)],
    ['username', owners.some((owner) => owner.usernameKey === keys.usernameKey)],
    ['email', owners.some((owner) => owner.emailKey === keys.emailKey)],
  ] as const
  return fields
    .filter(([, isTaken]) => isTaken)
    .map(([path]) => ({ path, code: 'TAKEN', message: `This ${path} is already taken.` }))
}

/** In a dry run, for an account that repeats a key of one before it in the same file. */
function repeated({ onConflict }: ImportOptions): ImportOutcome {
  if (onConflict !== 'fail') return onConflict === 'skip' ? 'skipped' : 'updated'
  return [{ path: 'username', code: 'TAKEN', message: 'An account before has the same id, username or email.' }]
}
