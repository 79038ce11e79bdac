/** How the image runs the service, read from `Dockerfile`, so that what is measured is what is deployed. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const text = readFileSync(resolve(import.meta.dirname, '../Dockerfile'), 'utf8')
const [program, ...args] = JSON.parse(/^CMD (\[.*\])$/m.exec(text)?.[1] ?? '[]') as string[]
if (program !== 'node') throw new Error('The image does not start the service with node.')

export const IMAGE_ARGS: readonly string[] = args
export const IMAGE_ENV: Record<string, string> = Object.fromEntries(
  [...text.matchAll(/^ENV (.+)$/gm)].flatMap(([, pairs = '']) =>
    [...pairs.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
  ),
)
