import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buildSchema, parse, validate } from 'graphql'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPage, startChromium } from '../support/chromium.ts'
import { hasNoChromium, hasNoHaproxy } from '../support/installed.ts'
import { type Block, blocksOf, PAGES, readPage } from './pages.ts'

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'))
const blocks = PAGES.flatMap(blocksOf)
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }

/** Its feature is made, changed and asked by test/feature.test.ts. */
const EXTENDING = 'docs/extending.md'

/** Mermaid's own build of one file, as GitHub runs the whole of it. */
const MERMAID = 'node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js'

/** As test/architecture/removable-folders.test.ts has them, and the scripts that go with the first. */
const REMOVABLE = ['quality', 'examples']
const OF_QUALITY = ['bench', 'drill', 'asvs']

/** The operator's. */
const COMMANDS = new Set(
  globSync('src/operations/*.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\.command\('([\w:-]+)/g)].map(([, name = '']) => name),
  ),
)

const bash = (...args: string[]) => spawnSync('bash', args, { encoding: 'utf8' })

/** What is wrong with a block of each language; nothing where it is right. */
const CHECKS: Record<string, (block: Block) => string> = {
  graphql: ({ page, text }) =>
    page === EXTENDING
      ? ''
      : validate(schema, parse(text))
          .map(({ message }) => message)
          .join('\n'),
  json: ({ text }) => (JSON.parse(text) === undefined ? 'no JSON' : ''),
  sh: ({ text }) => bash('-n', '-c', text).stderr,
  ts: quoteFault,
  // Run by test/clients.test.ts and test/api-keys/page.test.ts.
  js: ({ page }) => (['docs/clients.md', 'docs/keys.md'].includes(page) ? '' : 'run it in a test'),
  diff: ({ page }) => (page === EXTENDING ? '' : 'apply it in a test'),
  // Asked below.
  mermaid: () => '',
  haproxy: () => '',
  text: () => '',
}

describe('the pages', () => {
  it('have blocks of known languages, and each is right', () => {
    expect(blocks.length).toBeGreaterThan(100)
    const faults = blocks.flatMap((block) => {
      const check = CHECKS[block.language]
      const fault = check ? check(block) : `nobody checks the language '${block.language}'`
      return fault ? [`${block.page}: ${fault}\n${block.text}`] : []
    })
    expect(faults).toEqual([])
  })

  it.skipIf(hasNoHaproxy)('have configurations that HAProxy takes', () => {
    const text = blocks.filter(({ language }) => language === 'haproxy').map((block) => block.text)
    expect(text.length).toBeGreaterThan(2)
    const config = ['defaults', '  timeout client 1m', '  timeout server 1m', '  timeout connect 1s', ...text].join(
      '\n',
    )
    const { status, stderr } = spawnSync('bash', ['-c', 'cat | haproxy -c -f /dev/stdin'], {
      input: config,
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
  })

  it('name scripts, commands, files and folders that exist', () => {
    const faults = PAGES.filter((page) => page !== 'CHANGELOG.md').flatMap((page) => {
      const text = readPage(page)
      const commands = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name)
      const operators = [...text.matchAll(/(?:cli\.js|gatehouse --|npx gatehouse) ([a-z][\w:-]*)/g)].map(
        ([, name = '']) => name,
      )
      const files = text.match(/\b(src|test|tools|docs|quality|examples|packages|explorer)\/[\w/.-]*\w/g) ?? []
      return [
        ...commands.filter((name) => !scripts[name] && !(isDeleted('quality/') && OF_QUALITY.includes(name))),
        ...operators.filter((name) => !COMMANDS.has(name)),
        ...files.filter((file) => !isMade(file) && !isDeleted(file) && !isThere(page, file)),
      ].map((name) => `${page}: ${name}`)
    })
    expect(faults).toEqual([])
  })

  it('name every setting in docs/configuration.md', () => {
    const settings = readFileSync('.env.example', 'utf8').match(/^# [A-Z_]+(?==)/gm) ?? []
    expect(settings.length).toBeGreaterThan(30)
    const page = readPage('docs/configuration.md')
    expect(settings.map((line) => line.slice(2)).filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })
})

describe.skipIf(hasNoChromium)('the diagrams', () => {
  const diagrams = blocks.filter(({ language }) => language === 'mermaid')
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    browser = await startChromium()
    page = (await openPage(browser)).page
    await page.setContent('<!doctype html><body></body>')
    await page.addScriptTag({ path: MERMAID })
  })
  afterAll(() => browser?.close())

  it('are drawn by Mermaid: layers, a request, a refresh token, a mail token', async () => {
    const drawn: string[] = []
    for (const { text } of diagrams) drawn.push(await page.evaluate(draw, text))
    expect(drawn).toEqual(['flowchart-v2', 'sequence', 'stateDiagram', 'stateDiagram'])
  })
})

interface Mermaid {
  parse(text: string): Promise<{ diagramType: string }>
  render(id: string, text: string): Promise<{ svg: string }>
}

/** Runs in the page. The kind of the diagram. @throws Mermaid's error, with the line */
async function draw(text: string): Promise<string> {
  const { mermaid } = globalThis as unknown as { mermaid: Mermaid }
  const { diagramType } = await mermaid.parse(text)
  await mermaid.render('diagram', text)
  return diagramType
}

/** Code is quoted from a file, whose name stands behind the language: then it has been compiled. */
function quoteFault({ file, text }: Block): string {
  if (!file) return 'name the file that the code is quoted from'
  if (isMade(file) || isDeleted(file)) return ''
  return withoutIndent(readFileSync(file, 'utf8')).includes(withoutIndent(text)) ? '' : `not in ${file}`
}

/** Of the feature that `npm run feature -- note` writes. */
function isMade(file: string): boolean {
  return /^(src|test)\/notes\b/.test(file)
}

/** In a folder that a project may delete, and has. */
function isDeleted(file: string): boolean {
  return REMOVABLE.some((folder) => file.startsWith(`${folder}/`) && !existsSync(folder))
}

/** From the root, or beside the page. */
function isThere(page: string, file: string): boolean {
  // What a build makes.
  if (/(^|\/)dist(\/|$)/.test(file)) return true
  return existsSync(file) || existsSync(join(dirname(page), file))
}

function withoutIndent(text: string): string {
  return text.replaceAll(/^ +/gm, '').trim()
}
