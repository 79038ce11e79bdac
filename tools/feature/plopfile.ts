/** `npm run feature -- note`, or `npm run feature -- child children`: writes a feature from the templates beside this file. */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { NodePlopAPI } from 'plop'

const ROOT = resolve(import.meta.dirname, '../..')
const TEMPLATES = join(import.meta.dirname, 'templates')

/** Enum names have at most 32 characters, and the longest here is the name with `_CREATED`. */
const NAME = /^(?=.{1,24}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/

const SOURCES = ['entity', 'repository', 'service', 'types', 'resolver', 'feature']
const TESTS = ['test', 'contract']

export default function plopfile(plop: NodePlopAPI): void {
  const spell = (style: string, text: string): string => plop.getHelper(style)(text)

  plop.setGenerator('feature', {
    description: 'a table with its API, its tests and its migrations',
    prompts: [
      { name: 'singular', message: 'Name, in the singular, as price-tag:' },
      // Never asked for: the second argument, where the plural is not the name with an s.
      { name: 'plural', message: 'Plural', when: false },
    ],
    actions(answers) {
      const { singular = '', plural = `${singular}s` } = answers as { singular?: string; plural?: string }
      const data = {
        file: singular,
        folder: plural,
        name: spell('camelCase', singular),
        names: spell('camelCase', plural),
        Name: spell('pascalCase', singular),
        NAME: spell('constantCase', singular),
        snake: spell('snakeCase', singular),
        table: spell('snakeCase', plural),
        words: singular.replaceAll('-', ' '),
        manyWords: plural.replaceAll('-', ' '),
      }
      check(data)
      const sources = SOURCES.map((layer) => [layer, `src/${plural}/${singular}.${layer}.ts`] as const)
      const tests = TESTS.map((kind) => [kind, `test/${plural}/${plural}.${kind}.ts`] as const)
      const files = [...sources, ...tests]
      return [
        ...files.map(([template, path]) => ({
          type: 'add',
          path,
          templateFile: `templates/${template}.ts.hbs`,
          data,
        })),
        { type: 'modify', path: 'src/features.ts', transform: (text: string) => addToList(text, data) },
        () => run('biome', ['check', '--write', 'src/features.ts', ...files.map(([, path]) => path)]),
        () => run('npm', ['run', 'migration:create', '--', data.table]),
        () => run('npm', ['run', 'schema']),
        () => run('npm', ['run', 'codegen']),
        () => run('npm', ['run', 'docs']),
      ]
    },
  })
}

/** @throws Error with a plain text where the name cannot be, before anything is written */
function check({ file, folder, Name, names }: { file: string; folder: string; Name: string; names: string }): void {
  for (const text of [file, folder]) {
    if (!NAME.test(text))
      throw new Error(`'${text}' cannot be a name: 1 to 24 of a-z, 0-9 and single hyphens, a letter first.`)
  }
  const schema = readFileSync(join(ROOT, 'schema.graphql'), 'utf8')
  const isType = new RegExp(`^(type|enum|input|scalar) (${Name}|Create${Name}Input)\\b`, 'm').test(schema)
  const isField = new RegExp(`^ {2}(${names}|create${Name}|delete${Name})\\b`, 'm').test(schema)
  const isFolder = ['src', 'test'].some((parent) => existsSync(join(ROOT, parent, folder)))
  if (isType || isField || isFolder)
    throw new Error(`'${file}' is taken: the service has a folder, a type or a field of this name.`)
  // What the templates themselves import or declare, such as Page.
  const used = new RegExp(`\\b(${Name}|${names})\\b`)
  const isUsed = globSync('*.hbs', { cwd: TEMPLATES }).some((name) =>
    used.test(readFileSync(join(TEMPLATES, name), 'utf8')),
  )
  if (isUsed) throw new Error(`'${file}' is taken: the code of a feature uses this name for something else.`)
}

/** One import and one entry of FEATURES. */
function addToList(text: string, { file, folder, names }: { file: string; folder: string; names: string }): string {
  const list = text.replace(/^export const FEATURES[\s\S]*?(?=^\]$)/m, (entries) => `${entries}  ${names},\n`)
  return `import { ${names} } from './${folder}/${file}.feature.ts'\n${list}`
}

/** @throws Error with the command that failed */
function run(command: string, args: string[]): string {
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' })
  const text = [command, ...args].join(' ')
  if (status !== 0)
    throw new Error(`'${text}' failed. Mend what it says, and run it and what comes after it again (tools/feature).`)
  return text
}
