import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Production, startProduction } from './production.ts'
import { Client, Tally, UnexpectedAnswer } from './soak-client.ts'
import * as documents from './soak-documents.ts'
import { live, logIn, refresh, register } from './soak-life.ts'
import { openProbe, type Probe } from './soak-probe.ts'
import { judge, type Sample } from './soak-verdict.ts'

const CLIENTS = 8
const SAMPLE_MS = 10_000
/** Accounts that are never deleted, so that lists are not empty. */
const RESIDENTS = 40
/** More than the service's cache of verified tokens holds. */
const TOKENS = 10_500
/** Usernames of each client, used again after deletion, so that rate limits count a bounded number of names. */
const NAMES = 50

/** Accounts and sessions come and go for minutes; memory, descriptors and connections must not grow. */
export async function run(args: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args,
    options: { minutes: { type: 'string', default: '10' }, sqlite: { type: 'boolean', default: false } },
  })
  const minutes = Number(values.minutes)
  if (!(minutes > 0)) throw new RangeError('--minutes is no number')
  const backend = values.sqlite ? 'sqlite' : 'mysql'
  const production = await startProduction(backend, ['--inspect=127.0.0.1:0'])
  const probe = await openProbe(production)
  const tally = new Tally()
  console.log(`${minutes} minutes on ${values.sqlite ? 'SQLite' : 'MariaDB and Redis'}`)
  await prepare(production.service.url, tally)
  const samples = await soak(production.service.url, probe, tally, minutes * 60_000)
  const codes = await answeredCodes(production)
  await probe.close()
  await production.close()
  return report(samples, tally, codes, errorsIn(production))
}

/** Makes the accounts that stay, and fills the cache of verified tokens, so that it does not grow during the soak. */
async function prepare(url: string, tally: Tally): Promise<void> {
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, index) => {
      const client = new Client(url, tally)
      for (let number = index; number < RESIDENTS; number += CLIENTS) await register(client, `resident${number}`)
      let tokens = await logIn(client, `resident${index}`)
      for (let number = index; number < TOKENS; number += CLIENTS) {
        tokens = await refresh(client, tokens.refreshToken)
        await client.ask({ query: documents.CAN, token: tokens.accessToken })
      }
    }),
  )
}

async function soak(url: string, probe: Probe, tally: Tally, durationMs: number): Promise<Sample[]> {
  const begin = performance.now()
  const isOver = () => performance.now() - begin >= durationMs
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, index) => liveOn(url, tally, index, isOver)))
  const samples: Sample[] = []
  while (!isOver()) {
    await pause(SAMPLE_MS)
    const seconds = Math.round((performance.now() - begin) / 1000)
    const { requests, unexpectedCount: unexpected } = tally
    samples.push({ seconds, ...(await probe.look()), requests, unexpected })
    if (samples.length === 1) printRow(Object.keys(samples[0] as Sample))
    printRow(Object.values(samples.at(-1) as Sample))
  }
  await clients
  return samples
}

async function liveOn(url: string, tally: Tally, index: number, isOver: () => boolean): Promise<void> {
  const client = new Client(url, tally)
  for (let turn = index; !isOver(); turn++) {
    try {
      await live(client, `client${index}.${turn % NAMES}`, turn)
    } catch (error) {
      if (!(error instanceof UnexpectedAnswer)) throw error
      // The account of this turn may still be there: skip to another name.
      turn += 1
      await pause(100)
    }
  }
}

/** Operations by error code, from the service's metrics. */
async function answeredCodes({ metricsUrl }: Production): Promise<Record<string, number>> {
  const text = await fetch(metricsUrl).then((response) => response.text())
  const counts = text.matchAll(/^gatehouse_graphql_operations_total\{code="(\w+)"\} (\d+)$/gm)
  return Object.fromEntries([...counts].map(([, code, count]) => [code, Number(count)]))
}

const ERROR = 50

function errorsIn({ service }: Production): unknown[] {
  return service.run.lines().filter(({ level }) => Number(level) >= ERROR)
}

function report(samples: Sample[], tally: Tally, codes: Record<string, number>, errors: unknown[]): boolean {
  const judgements = judge(samples)
  console.table(judgements)
  console.log('Answered', codes)
  console.log(
    'Unexpected',
    Object.fromEntries(tally.unexpected),
    'errors in the log',
    errors.length,
    errors.slice(0, 5),
  )
  const isFine = tally.unexpectedCount === 0 && errors.length === 0 && !('INTERNAL_SERVER_ERROR' in codes)
  const isFlat = judgements.every((judgement) => judgement.isFlat)
  console.log(`${isFlat ? 'Flat' : 'NOT FLAT'}; ${isFine ? 'every answer as expected' : 'UNEXPECTED ANSWERS'}`)
  return isFlat && isFine
}

function printRow(cells: unknown[]): void {
  console.log(cells.map((cell) => String(cell).padStart(11)).join(''))
}
