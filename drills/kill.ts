import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isMariaDbMissing } from '../test/support/mariadb.ts'
import { checkDurability, type Durability } from './durability.ts'
import { checkStops, type Stops } from './stops.ts'

const MAIN = resolve(import.meta.dirname, '../dist/main.js')

/** kill -9 of the service and of the database amid acknowledged writes, and SIGTERM amid requests. */
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
  const results: boolean[] = []
  for (const backend of ['mysql', 'sqlite'] as const) {
    if (values.on !== undefined && values.on !== backend) continue
    if (backend === 'mysql' && isMariaDbMissing('kill -9 on MariaDB')) continue
    const begin = performance.now()
    const counts = { writes: Number(values.writes), kills: Number(values.kills) }
    const found = await checkDurability({ main: MAIN, backend, ...counts })
    console.log(backend, found, `${Math.round((performance.now() - begin) / 1000)} s`)
    results.push(isDurable(found))
  }
  const stops = await checkStops(MAIN, Number(values.stops))
  console.log('SIGTERM', stops)
  return results.every(Boolean) && isClean(stops)
}

export function isDurable({ lost, doubled, halves, denied }: Durability): boolean {
  return lost + doubled + halves + denied === 0
}

export function isClean({ stops, inProgress, answered, clean }: Stops): boolean {
  return answered === inProgress && clean === stops
}
