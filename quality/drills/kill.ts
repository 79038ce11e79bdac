import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isMariaDbMissing } from '../../test/support/mariadb.ts'
import { checkDurability, type Durability, type DurabilityOptions } from './durability.ts'
import { checkStops } from './stops.ts'

const MAIN = resolve(import.meta.dirname, '../../dist/main.js')

/** SIGKILL to the service and to the database during writes, and SIGTERM during writes and logins. */
export async function run(args: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args,
    options: {
      writes: { type: 'string', default: '10000' },
      kills: { type: 'string', default: '30' },
      stops: { type: 'string', default: '20' },
      on: { type: 'string' },
    },
  })
  const counts = { writes: Number(values.writes), kills: Number(values.kills) }
  const stops = Number(values.stops)
  const results: boolean[] = []
  for (const backend of ['mysql', 'sqlite'] as const) {
    if (values.on !== undefined && values.on !== backend) continue
    if (backend === 'mysql' && isMariaDbMissing('the drill on MariaDB')) continue
    results.push(isDurable(await report({ main: MAIN, backend, ...counts })))
    const found = await report({ main: MAIN, backend, signal: 'SIGTERM', writes: 100 * stops, kills: stops })
    results.push(isDurable(found) && found.untold === 0 && found.clean === stops)
  }
  const found = await checkStops(MAIN, stops)
  console.log('SIGTERM amid logins', found)
  results.push(found.inProgress >= 50 && found.unanswered === 0 && found.exits.every((status) => status === 0))
  return results.every(Boolean)
}

async function report(options: DurabilityOptions): Promise<Durability> {
  const begin = performance.now()
  const found = await checkDurability(options)
  const seconds = Math.round((performance.now() - begin) / 1000)
  console.log(`${options.signal ?? 'SIGKILL'} amid writes on ${options.backend}, ${seconds} s`, found)
  return found
}

function isDurable({ lost, doubled, halves, denied }: Durability): boolean {
  return lost + doubled + halves + denied === 0
}
