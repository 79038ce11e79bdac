import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseSource } from './source-file.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** Folders that a project may delete: all checks must pass without them. */
const REMOVABLE = ['quality', 'examples']

const { scripts } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

const SOURCES = '{*.ts,{src,test,tools,migrations,quality,examples,packages}/**/*.ts}'
const files = globSync(SOURCES, { cwd: ROOT, exclude: ['**/node_modules/**'] }).map((path) =>
  parseSource(path, readFileSync(resolve(ROOT, path), 'utf8')),
)

/** A script with the scripts that it runs. */
function commandOf(name: string): string {
  const command = scripts[name] ?? ''
  const others = [...command.matchAll(/npm run ([\w:]+)/g)].map(([, other = '']) => commandOf(other))
  return [command, ...others].join('\n')
}

describe.each(REMOVABLE)('the folder %s can be deleted, because', (folder) => {
  const isInside = (path: string) => path.startsWith(`${folder}/`)

  it('no file outside of it imports from it', () => {
    const outside = files.filter(({ path }) => !isInside(path))
    expect(outside.length).toBeGreaterThan(100)
    const faults = outside.flatMap(({ path, imports }) =>
      imports.filter(({ target }) => isInside(target)).map(({ target }) => `${path} imports ${target}`),
    )
    expect(faults).toEqual([])
  })

  it('no check names it', () => {
    for (const name of ['check', 'test', 'build', 'start']) expect(commandOf(name), name).not.toContain(`${folder}/`)
  })

  it('no page outside of it links to it', () => {
    const pages = globSync('{*.md,{docs,packages}/**/*.md}', { cwd: ROOT, exclude: ['**/node_modules/**'] })
    const links = pages.flatMap((page) =>
      [...readFileSync(resolve(ROOT, page), 'utf8').matchAll(/\]\(([^)#]+)/g)].map(([, target = '']) =>
        join(dirname(page), target),
      ),
    )
    expect(links.length).toBeGreaterThan(100)
    expect(links.filter((target) => isInside(`${target}/`))).toEqual([])
  })
})

it('imports of a removable folder are found', () => {
  const { imports } = parseSource('test/database/explain.test.ts', "import { seed } from '../../quality/bench/seed.ts'")
  expect(imports.map(({ target }) => target)).toEqual(['quality/bench/seed.ts'])
})
