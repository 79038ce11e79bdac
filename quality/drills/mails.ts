import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { temporaryFolder } from '../../test/support/built-service.ts'
import { MailServer } from '../../test/support/mail-server.ts'
import { isMariaDbMissing } from '../../test/support/mariadb.ts'
import { openMariaDb, openSqlite } from './durability.ts'
import { call, DrilledService } from './service.ts'

const MAIN = resolve(import.meta.dirname, '../../dist/main.js')
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
/** Registrations pause while so many mails wait, so that kills hit mails. */
const MOST_WAITING = 20
/** Longer than the lease of a mail that was being sent when its service was killed. */
const WAIT_MS = 120_000

export interface MailDrillOptions {
  /** The compiled `main.js`. */
  main: string
  backend: 'mysql' | 'sqlite'
  /** Acknowledged registrations at least, each with a mail. */
  mails: number
  kills: number
  /** Ends the leases after the last kill in the database, so that nobody waits a minute for them. */
  endLeases?: boolean
}

export interface MailFindings {
  acknowledged: number
  kills: number
  /** Acknowledged, and without a mail. */
  lost: number
  /** Mails beyond the first to an address. */
  doubled: number
  /** Mails to addresses that have no account. */
  unfounded: number
}

/** SIGKILL to the service amid mails: none may be lost, and at most the one being sent be doubled. */
export async function run(args: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args,
    options: {
      mails: { type: 'string', default: '500' },
      kills: { type: 'string', default: '20' },
      on: { type: 'string' },
    },
  })
  const results: boolean[] = []
  for (const backend of ['mysql', 'sqlite'] as const) {
    if (values.on !== undefined && values.on !== backend) continue
    if (backend === 'mysql' && isMariaDbMissing('the drill on MariaDB')) continue
    const counts = { mails: Number(values.mails), kills: Number(values.kills) }
    const found = await checkMails({ main: MAIN, backend, ...counts })
    console.log(`SIGKILL amid mails on ${backend}`, found)
    results.push(found.lost + found.unfounded === 0 && found.doubled <= found.kills)
  }
  return results.every(Boolean)
}

/** Registers accounts while the service is killed, and compares the mails with the answers. */
export async function checkMails({
  main,
  backend: name,
  mails,
  kills,
  endLeases,
}: MailDrillOptions): Promise<MailFindings> {
  const folder = temporaryFolder()
  const server = await MailServer.start()
  const backend = name === 'mysql' ? await openMariaDb() : openSqlite(folder)
  const service = await DrilledService.start({ main, folder, env: { ...backend.env, MAIL_URL: server.url } })
  const acknowledged: string[] = []
  let done = 0
  const isAhead = () => acknowledged.length - server.mails.length > MOST_WAITING
  const isOver = () => acknowledged.length >= mails && done >= kills
  const registering = Promise.all(
    [0, 1, 2, 3].map((writer) => register(service.url, writer, { isOver, isAhead }, acknowledged)),
  )
  for (; done < kills; done++) {
    const next = (mails * (done + 1)) / (kills + 1)
    while (server.mails.length < next) await pause(2)
    await service.end('SIGKILL')
    await service.launch()
  }
  await registering
  if (endLeases) await backend.query('update outbox_messages set due_at = created_at where done_at is null')
  await waitForMails(server, acknowledged)
  const accounts = await backend.query('select email from users')
  await service.end('SIGKILL')
  await Promise.all([backend.close(), server.stop()])
  return findingsOf(server, acknowledged, new Set(accounts.map(({ email }) => String(email))), kills)
}

function findingsOf(server: MailServer, acknowledged: string[], accounts: Set<string>, kills: number): MailFindings {
  const received = server.mails.map(({ to }) => to)
  const addresses = new Set(received)
  return {
    acknowledged: acknowledged.length,
    kills,
    lost: acknowledged.filter((email) => !addresses.has(email)).length,
    doubled: received.length - addresses.size,
    unfounded: [...addresses].filter((email) => !accounts.has(email)).length,
  }
}

async function register(
  url: string,
  writer: number,
  { isOver, isAhead }: { isOver(): boolean; isAhead(): boolean },
  acknowledged: string[],
): Promise<void> {
  for (let turn = 0; !isOver(); turn++) {
    while (isAhead() && !isOver()) await pause(5)
    const username = `reader${writer}.${turn}`
    const email = `${username}@example.com`
    const input = { username, email, password: 'correct horse battery staple' }
    const { kind } = await call(url, REGISTER, { input })
    if (kind === 'done') acknowledged.push(email)
    else await pause(20)
  }
}

async function waitForMails(server: MailServer, acknowledged: string[]): Promise<void> {
  for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; await pause(50)) {
    if (acknowledged.every((email) => server.to(email).length > 0)) return
  }
}
