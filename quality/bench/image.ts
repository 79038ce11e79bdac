/** How the image runs the service, read from `Dockerfile`: the bench measures what is deployed. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const text = readFileSync(resolve(import.meta.dirname, '../../Dockerfile'), 'utf8')
const [program, ...args] = JSON.parse(/^CMD (\[.*\])$/m.exec(text)?.[1] ?? '[]') as string[]
if (program !== 'node') throw new Error('The image does not start the service with node.')

/** Arguments of Node, the last one is the service's program. */
export const IMAGE_ARGS: readonly string[] = args

/** `GLIBC_TUNABLES`, `NODE_OPTIONS` and whatever else the last stage sets by `ENV`. */
export const IMAGE_ENV: Record<string, string> = Object.fromEntries(
  [...text.matchAll(/^ENV (.+)$/gm)].flatMap(([, pairs = '']) =>
    [...pairs.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)].map(([, name, quoted, plain]) => [name, quoted ?? plain]),
  ),
)
