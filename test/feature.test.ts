import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../src/app.ts'
import { blocksOf } from './docs/pages.ts'
import { Run } from './support/built-service.ts'
import { signUp } from './support/story.ts'

const ROOT = resolve(import.meta.dirname, '..')
const MINUTES = 60_000

/** The feature of the page is the one that is made here. */
const blocks = blocksOf('docs/extending.md')

/** Without what this run of vitest sets for itself. */
const { PATH, HOME, CI } = process.env

/** The parts of `check:code` that a feature can break; what it has just written is not compared again. */
const CHECKS = ['migrations:check', 'unused']
/** Tests of the feature, and those that read the sources and the tables as a whole. */
const FILES = ['test/notes', 'test/architecture', 'test/contract', 'test/authorization/matrix.test.ts']
const NAMES = 'notes|Note|the matrix of|the table of|schema.graphql|the sources|of root fields|can be deleted'

describe('npm run feature', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-feature-'))
    const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
    const files = [...listed.split('\0').filter(Boolean), 'dist'].filter((file) => existsSync(join(ROOT, file)))
    for (const file of files) cpSync(join(ROOT, file), join(folder, file), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    execFileSync('git', ['init', '--quiet'], { cwd: folder })
    // In .gitignore it is a folder, and here a link.
    appendFileSync(join(folder, '.git/info/exclude'), 'node_modules\n')
    execFileSync('git', ['add', '--all'], { cwd: folder })
  }, MINUTES)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const run = (command: string, ...args: string[]) => {
    const env = { PATH: `${dirname(process.execPath)}:${PATH}`, HOME, CI, NO_COLOR: '1' }
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, env, encoding: 'utf8' })
    return { status, text: `${stdout}\n${stderr}` }
  }
  /** Files that are new or changed, as git names them. */
  const changes = () => {
    const status = execFileSync('git', ['status', '--short', '-uall'], { cwd: folder, encoding: 'utf8' })
    return status.split('\n').filter((line) => /^.[M?D]/.test(line))
  }

  it.each([
    ['Note!', "'Note!' cannot be a name"],
    ['user', "'user' is taken"],
    ['activity', "'activity' is taken"],
    ['page', "'page' is taken"],
  ])('refuses the name %s in one plain line and changes nothing', (name, message) => {
    const { status, text } = run('npm', 'run', 'feature', '--', name)
    expect(status).not.toBe(0)
    expect(text).toContain(message)
    expect(text).not.toMatch(/^ +at /m)
    expect(changes()).toEqual([])
  })

  it(
    'writes a feature of short files, with its migrations, schema and client',
    () => {
      const { status, text } = run('bash', '-ec', blocks[0]?.text ?? '')
      expect(status, text).toBe(0)
      const kinds = ['entity', 'feature', 'repository', 'resolver', 'service', 'types']
      const made = changes().map((line) => line.slice(3).replace(/\d{14}/, 'TIME'))
      expect(made.toSorted()).toEqual(
        [
          'docs/api.md',
          'migrations/mysql/MigrationTIME_notes.ts',
          'migrations/mysql/snapshot.json',
          'migrations/sqlite/MigrationTIME_notes.ts',
          'migrations/sqlite/snapshot.json',
          'packages/client/src/enums.ts',
          'schema.graphql',
          'src/features.ts',
          ...kinds.map((kind) => `src/notes/note.${kind}.ts`),
          'test/notes/notes.contract.ts',
          'test/notes/notes.test.ts',
          'test/support/generated/gql.ts',
          'test/support/generated/graphql.ts',
        ].toSorted(),
      )
      for (const kind of kinds) {
        const lines = readFileSync(join(folder, `src/notes/note.${kind}.ts`), 'utf8').split('\n').length
        expect(lines, kind).toBeLessThan(75)
      }
      const list = execFileSync('git', ['diff', '--unified=0', 'src/features.ts'], { cwd: folder, encoding: 'utf8' })
      expect(list.match(/^[+-](?![+-]).*/gm)).toEqual(["+import { notes } from './notes/note.feature.ts'", '+  notes,'])
    },
    5 * MINUTES,
  )

  it(
    'writes what docs/extending.md shows, and is changed as it says',
    () => {
      for (const { file, text } of blocks.filter((block) => block.file.startsWith('src/notes/')))
        expect(readFileSync(join(folder, file), 'utf8')).toContain(text)
      writeFileSync(join(folder, 'title.diff'), blocks.find(({ language }) => language === 'diff')?.text ?? '')
      // The check is run below, and the diff is no part of the project.
      const commands = blocks.find(({ text }) => text.includes('git apply'))?.text.replace('npm run check\n', '') ?? ''
      const { status, text } = run('bash', '-ec', `${commands}rm title.diff`)
      expect(status, text).toBe(0)
      const made = changes().map((line) => line.slice(3))
      expect(made.filter((file) => /migrations\/\w+\/Migration\d{14}_note_titles.ts/.test(file))).toHaveLength(2)
    },
    5 * MINUTES,
  )

  it('answers as docs/extending.md says', async () => {
    const main = join(folder, 'dist/main.js')
    const service = new Run(main, [], { cwd: folder, env: { DATABASE_URL: 'sqlite::memory:', MAIL_URL: 'off' } })
    try {
      const url = new URL(await service.ready()).origin
      const { client } = await signUp({ url } as App)
      const questions = blocks.filter(({ language }) => language === 'graphql')
      const answers = blocks.filter(({ language }) => language === 'json')
      expect(questions.length).toBeGreaterThan(1)
      for (const [index, { text }] of questions.entries()) {
        const { data } = JSON.parse(answers[index]?.text ?? '{}') as { data: object }
        expect(await client.get(text)).toEqual(data)
      }
    } finally {
      await service.stop()
    }
  })

  it(
    'leaves the checks and the tests green, changed as it is',
    () => {
      for (const [command, ...args] of [
        ['npx', 'biome', 'check', 'src', 'test', 'migrations'],
        ['npx', 'tsc', '--noEmit', '-p', '.'],
        ...CHECKS.map((check) => ['npm', 'run', check]),
      ]) {
        const { status, text } = run(command ?? '', ...args)
        expect(status, text).toBe(0)
      }
      const tests = run('npm', 'test', '--', ...FILES, '--testNamePattern', NAMES)
      expect(tests.status, tests.text).toBe(0)
      expect(tests.text).toContain('test/notes/notes.test.ts')
    },
    10 * MINUTES,
  )
})
