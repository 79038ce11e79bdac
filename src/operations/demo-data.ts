import { randomBytes } from 'node:crypto'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityRow } from '../activity/activity.row.ts'
import { newId } from '../database/ids.ts'
import { StartRefusedError } from '../errors.ts'
import type { ProcessParts } from '../services.ts'
import type { ImportedAccount } from '../users/imported-account.ts'
import { importServices } from './import/import-services.ts'
import type { Progress } from './progress.ts'

export interface DemoData {
  users: number
  activities: number
  /** Needed in production. */
  isConfirmed: boolean
  print(line: string): void
  progress: Progress
}

const BATCH = 500
/** The same names at each run, so that a second run adds none twice. */
const SEED = 20_260_101
const DAY_MS = 86_400_000
/** Accounts that entries are spread over; more would only take memory. */
const MOST_ACTIVE = 10_000
const ACTIONS = [
  ActivityAction.USER_LOGIN,
  ActivityAction.USER_LOGIN,
  ActivityAction.USER_LOGOUT,
  ActivityAction.PROFILE_UPDATED,
]

/** Fills the database with made-up accounts, all with one random password, and with entries of their activity. */
export async function addDemoData(parts: ProcessParts, options: DemoData): Promise<void> {
  const { users, activities, progress, print } = options
  if (parts.config.production && !options.isConfirmed)
    throw new StartRefusedError('This is production: demo-data adds accounts with one known password. --yes does it.')
  // Loaded here, because its names take a while.
  const { faker } = await import('@faker-js/faker/locale/en')
  faker.seed(SEED)
  const password = randomBytes(15).toString('base64url')
  progress.start(users + activities)
  const { imported, active } = await addAccounts(parts, options, faker, await parts.hasher.hash(password))
  const added = active.length === 0 ? 0 : activities
  for (let done = 0; done < added; done += BATCH) {
    const rows = times(Math.min(BATCH, added - done), () => entryOf(faker, active, parts.clock()))
    await importServices(parts).activities.importBatch(rows)
    progress.update(users + done + rows.length, `${done + rows.length} activities`)
  }
  progress.stop()
  print(`Added: ${imported} accounts and ${added} activities; ${users - imported} accounts were there`)
  if (imported > 0) print(`Password of the new accounts: ${password}`)
}

/** Returns how many were new, and the ids of some of them. */
async function addAccounts(
  parts: ProcessParts,
  { users, progress }: DemoData,
  faker: Faker,
  passwordHash: string,
): Promise<{ imported: number; active: string[] }> {
  const startedAt = parts.clock()
  const active: string[] = []
  let imported = 0
  for (let done = 0; done < users; done += BATCH) {
    const accounts = times(Math.min(BATCH, users - done), (index) =>
      accountOf(faker, done + index, passwordHash, startedAt),
    )
    const outcomes = await importServices(parts).users.importBatch(accounts, { onConflict: 'skip', startedAt })
    const added = accounts.filter((_, index) => outcomes[index] === 'imported')
    imported += added.length
    active.push(...added.slice(0, MOST_ACTIVE - active.length).map(({ id }) => id))
    progress.update(done + accounts.length, `${imported} accounts`)
  }
  return { imported, active }
}

function times<Item>(count: number, make: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

type Faker = typeof import('@faker-js/faker/locale/en').faker

function accountOf(faker: Faker, number: number, passwordHash: string, now: Date): ImportedAccount & { id: string } {
  const [first, last] = [faker.person.firstName(), faker.person.lastName()]
  const username = `${first}.${last}`.replace(/[^A-Za-z.]/g, '').toLowerCase() + number
  const createdAt = new Date(now.getTime() - faker.number.int({ min: 30, max: 700 }) * DAY_MS)
  const isActive = faker.number.int(99) > 2
  return {
    id: newId(),
    username,
    // Reserved by RFC 2606: no mail reaches anybody.
    email: `${username}@example.com`,
    displayName: `${first} ${last}`,
    passwordHash,
    isActive,
    createdAt,
  }
}

function entryOf(faker: Faker, accounts: readonly string[], now: Date): ActivityRow {
  const userId = faker.helpers.arrayElement(accounts)
  return {
    id: newId(),
    action: faker.helpers.arrayElement(ACTIONS),
    details: null,
    // Reserved for documentation by RFC 5737.
    ipAddress: `192.0.2.${faker.number.int({ min: 1, max: 254 })}`,
    userAgent: faker.internet.userAgent().slice(0, 255),
    timestamp: new Date(now.getTime() - faker.number.int({ min: 0, max: 29 * DAY_MS })),
    userId,
    actorId: userId,
    apiKeyId: null,
  }
}
