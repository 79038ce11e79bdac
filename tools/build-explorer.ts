/**
 * Writes dist/explorer: the page of GET /graphql, and a folder with its parts, compressed. The folder's name is a hash
 * of all that is in it. Quick when nothing has changed. The service never loads GraphiQL itself, which is 9 MB.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const ROOT = resolve(import.meta.dirname, '..')
const SOURCES = join(ROOT, 'explorer')
const OUTPUT = join(ROOT, 'dist/explorer')
const GRAPHIQL = join(ROOT, 'node_modules/@graphql-yoga/render-graphiql')

/** Beyond this level Brotli takes many times as long for a few percent. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }

const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '--build', 'explorer'], {
  cwd: ROOT,
  stdio: 'inherit',
})
if (status === 0) await build()
process.exitCode = status ?? 1

async function build(): Promise<void> {
  const own = ownParts()
  const page = readFileSync(join(SOURCES, 'index.html'), 'utf8')
  const version = hashOf([
    ...Object.values(own),
    readFileSync(join(GRAPHIQL, 'package.json')),
    readFileSync(import.meta.filename),
  ])
  const folder = join(OUTPUT, version)
  if (!existsSync(folder)) {
    writeParts(folder, { ...own, ...(await graphiqlParts()) })
    copyFileSync(join(GRAPHIQL, 'LICENSE'), join(folder, 'LICENSE'))
    removeOthers(version)
  }
  // Relative, so that the page also works behind a proxy that adds a prefix to the path.
  writeFileSync(join(OUTPUT, 'index.html'), page.replaceAll('PARTS/', `graphql/explorer/${version}/`))
}

type Parts = Record<string, string | Buffer>

function ownParts(): Parts {
  const modules = globSync('*.ts', { cwd: SOURCES }).map((name) => name.replace(/\.ts$/, '.js'))
  const compiled = modules.map((name) => [name, readFileSync(join(OUTPUT, 'modules', name))])
  return { ...Object.fromEntries(compiled), 'page.css': readFileSync(join(SOURCES, 'page.css')) }
}

async function graphiqlParts(): Promise<Parts> {
  const parts = await import('@graphql-yoga/render-graphiql/graphiql')
  return {
    'graphiql.js': parts.js,
    'graphiql.css': parts.css,
    'editor-worker.js': parts.editorWorkerService,
    'json-worker.js': parts.jsonWorker,
    'graphql-worker.js': parts.graphqlWorker,
  }
}

function hashOf(contents: (string | Buffer)[]): string {
  const hash = createHash('sha256')
  for (const content of contents) hash.update(content)
  return hash.digest('hex').slice(0, 16)
}

/** Under another name first: a build beside this one may have been quicker. */
function writeParts(folder: string, parts: Parts): void {
  const unfinished = join(OUTPUT, `unfinished-${process.pid}`)
  mkdirSync(unfinished, { recursive: true })
  for (const [name, content] of Object.entries(parts)) {
    const file = join(unfinished, name)
    writeFileSync(file, content)
    writeFileSync(`${file}.gz`, gzipSync(content))
    writeFileSync(`${file}.br`, brotliCompressSync(content, BROTLI))
  }
  if (existsSync(folder)) rmSync(unfinished, { recursive: true })
  else renameSync(unfinished, folder)
}

function removeOthers(version: string): void {
  for (const folder of globSync(`${OUTPUT}/${'[0-9a-f]'.repeat(16)}`)) {
    if (basename(folder) !== version) rmSync(folder, { recursive: true, force: true })
  }
}
