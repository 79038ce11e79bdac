import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'
import { parseSync } from 'oxc-parser'

const SRC = resolve(import.meta.dirname, '../../src')

/** A file of src as the rules see it. Paths are relative to src: `users/user.service.ts`. */
export interface SourceFile {
  path: string
  lines: number
  imports: Import[]
  /** The text without comments. */
  code: string
}

export interface Import {
  /** A path relative to src, or the name of a package. */
  target: string
  /** A type import, which compilation removes. */
  isType: boolean
}

export function readSourceFiles(): SourceFile[] {
  return globSync('**/*.ts', { cwd: SRC }).map((path) => parseSource(path, readFileSync(join(SRC, path), 'utf8')))
}

export function parseSource(path: string, text: string): SourceFile {
  const { module, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const imports = [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      target: moduleRequest.value,
      isType: entries.length > 0 && entries.every(({ isType }) => isType),
    })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, isType }) => (moduleRequest ? [{ target: moduleRequest.value, isType }] : [])),
    ),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => ({
      target: text.slice(start + 1, end - 1),
      isType: false,
    })),
  ]
  const code = comments.reduce(
    (rest, { start, end }) => rest.slice(0, start) + ' '.repeat(end - start) + rest.slice(end),
    text,
  )
  return {
    path,
    lines: text.trimEnd().split('\n').length,
    imports: imports.map(({ target, isType }) => ({ target: fromSrc(path, target), isType })),
    code,
  }
}

function fromSrc(path: string, target: string): string {
  return target.startsWith('.') ? normalize(join(dirname(path), target)) : target
}
