import { ownRepository } from './import-rules.ts'
import type { SourceFile } from './source-file.ts'

const MOST_LINES = 250
/** Type imports do not count. */
const MOST_IMPORTS = 10
/** Composition roots import every part. */
const ROOTS = new Set([
  'app.ts',
  'process-parts.ts',
  'services.ts',
  'context.ts',
  'features.ts',
  'operations/operator.ts',
  'index.ts',
  'schema.ts',
  'http/server.ts',
  'database/orm.ts',
])
const VAGUE_FOLDER = /(^|\/)(utils?|common|shared|helpers?|lib|misc)\//
const KEBAB_CASE = /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/

/** Faults of one file by itself, each a sentence. */
export function fileFaults({ path, lines, imports, code }: SourceFile): string[] {
  const faults: [boolean, string][] = [
    [lines > MOST_LINES, `has ${lines} lines: split it`],
    [VAGUE_FOLDER.test(path), 'is in a folder that says nothing'],
    [!KEBAB_CASE.test(path), 'is not named in kebab-case'],
    [path !== 'config.ts' && /process\s*\.\s*env|process\[/.test(code), 'reads process.env, which config.ts does'],
    [/\bexport default\b/.test(code) && !path.endsWith('.d.ts'), 'has a default export'],
    [!ROOTS.has(path) && imports.filter(({ isType }) => !isType).length > MOST_IMPORTS, 'imports too much'],
  ]
  return faults.filter(([isFault]) => isFault).map(([, text]) => `${path} ${text}`)
}

/**
 * Each cycle once, as its files. Type imports count: files that need each other belong together. An entity and its
 * repository may name each other.
 */
export function findCycles(files: SourceFile[]): string[] {
  const targets = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.map(({ target }) => target).filter((target) => target !== ownRepository(path)),
    ]),
  )
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' > '))
    if (start >= 0 || done.has(path)) return
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of targets.keys()) visit(path, [])
  return cycles
}
