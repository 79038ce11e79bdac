import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Node, parseSync } from 'oxc-parser'
import type { Chapter, Requirement } from './requirements.ts'

const ROOT = resolve(import.meta.dirname, '../..')

export const RECORD_FILE = resolve(ROOT, 'docs/asvs.md')

/** A test, or a group of tests, whose title names requirements: `refuses it (ASVS 6.3.1, 7.2.2)`. */
export interface MarkedTest {
  path: string
  /** The titles of its groups and its own, without the marker. */
  name: string
  ids: string[]
}

const MARKER = / \(ASVS ((?:\d+\.\d+\.\d+)(?:, \d+\.\d+\.\d+)*)\)$/
const TITLED = new Set(['describe', 'describeEachBackend', 'it', 'test'])

/** The tests of the repository that name requirements, by path. */
export function readAllMarkedTests(): MarkedTest[] {
  const paths = globSync('{test,quality}/**/*.test.ts', { cwd: ROOT }).toSorted()
  return paths.flatMap((path) => readMarkedTests(path, readFileSync(resolve(ROOT, path), 'utf8')))
}

/** The tests of one file that name requirements. */
export function readMarkedTests(path: string, text: string): MarkedTest[] {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  return testsIn(path, program, [])
}

function testsIn(path: string, node: unknown, groups: string[]): MarkedTest[] {
  if (Array.isArray(node)) return node.flatMap((item) => testsIn(path, item, groups))
  if (!isNode(node)) return []
  const title = titleOf(node)
  if (title === null) return Object.values(node).flatMap((child) => testsIn(path, child, groups))
  const names = [...groups, title.replace(MARKER, '')]
  const inner = Object.values(node).flatMap((child) => testsIn(path, child, names))
  // A misspelt marker is kept as an unknown id, so that `recordFaults` reports it.
  const ids = MARKER.exec(title)?.[1]?.split(', ') ?? (title.includes('ASVS') ? [title] : [])
  return ids.length > 0 ? [{ path, name: names.join(': '), ids }, ...inner] : inner
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

/** The title of `it('title', …)`, `test.each([…])('title', …)` and the like; null for other nodes. */
function titleOf(node: Node): string | null {
  if (node.type !== 'CallExpression' || !TITLED.has(rootName(node.callee))) return null
  const [first] = node.arguments
  if (first?.type === 'Literal' && typeof first.value === 'string') return first.value
  return first?.type === 'TemplateLiteral' ? first.quasis.map(({ value }) => value.cooked).join('…') : null
}

function rootName(node: Node): string {
  if (node.type === 'Identifier') return node.name
  if (node.type === 'CallExpression') return rootName(node.callee)
  return node.type === 'MemberExpression' ? rootName(node.object) : ''
}

/** @returns everything that makes the record untrue or incomplete, each a sentence */
export function recordFaults(chapters: Chapter[], tests: MarkedTest[]): string[] {
  const requirements = chapters.flatMap((chapter) => chapter.requirements)
  const known = new Set<string>()
  const twice = requirements.filter(({ id }) => known.size === known.add(id).size)
  const unknown = tests.flatMap(({ path, name, ids }) =>
    ids.filter((id) => !known.has(id)).map((id) => `${path}: "${name}" names what is no requirement here: ${id}`),
  )
  return [
    ...twice.map(({ id }) => `${id} stands in the data twice`),
    ...unknown,
    ...requirements.flatMap((requirement) => faultOf(requirement, testsOf(requirement, tests).length)),
  ]
}

function faultOf({ id, reason }: Requirement, tests: number): string[] {
  if (tests === 0 && !reason) return [`${id} has neither a test nor a reason`]
  const isWithoutTests = reason?.startsWith('does not apply: ') || reason?.startsWith('no test: ')
  return tests > 0 && isWithoutTests ? [`${id} has a test, and the reason "${reason}"`] : []
}

function testsOf({ id }: Requirement, tests: MarkedTest[]): MarkedTest[] {
  return tests.filter(({ ids }) => ids.includes(id))
}

const INTRODUCTION = `# OWASP ASVS 5.0

What this service does about the [OWASP Application Security Verification Standard](https://owasp.org/www-project-application-security-verification-standard/)
5.0.0: every requirement of level 1, those of level 2 about authentication, sessions, authorization and tokens, and of
the others those that a test names. Requirements are shortened; the standard has the full text.

\`npm run asvs\` writes this page from the titles of the tests and from \`quality/asvs/requirements.ts\`, and
\`quality/asvs/record.test.ts\` checks it. A test is listed because its title names the requirement. Where no test shows
it, the reason is given. **Gap** says what is missing, also where tests show the rest.
`

/** The text of `RECORD_FILE`. */
export function renderRecord(chapters: Chapter[], tests: MarkedTest[]): string {
  return [INTRODUCTION, summaryOf(chapters, tests), ...chapters.map((chapter) => renderChapter(chapter, tests))].join(
    '\n',
  )
}

function summaryOf(chapters: Chapter[], tests: MarkedTest[]): string {
  const requirements = chapters.flatMap((chapter) => chapter.requirements)
  const count = (kind: string) => requirements.filter(({ reason }) => reason?.startsWith(`${kind}: `)).length
  const shown = requirements.filter((one) => !one.reason && testsOf(one, tests).length > 0).length
  return `Of ${requirements.length}: ${shown} shown by tests, ${count('documented')} by documentation, ${count('no test')} met without a test, ${count('gap')} with a gap, ${count('does not apply')} that do not apply.
`
}

function renderChapter({ name, requirements }: Chapter, tests: MarkedTest[]): string {
  const rows = requirements.map((one) => {
    const shown = testsOf(one, tests).map(({ path, name }) => `[${path}](../${path}): ${escapeMarkdown(name)}`)
    const reason = one.reason?.replace(/^gap:/, '**Gap:**')
    return `| ${one.id} | ${one.level} | ${one.requirement} | ${[...shown, ...(reason ? [reason] : [])].join('<br>')} |`
  })
  return [`## ${name}`, '', '| | level | requirement | shown by |', '| --- | --- | --- | --- |', ...rows, ''].join('\n')
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\|*_<>`[\]]/g, '\\$&')
}
