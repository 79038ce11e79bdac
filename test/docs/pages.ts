import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

/** A fenced block of a page. */
export interface Block {
  page: string
  language: string
  /** What stands behind the language: the file that the block is taken from. */
  file: string
  text: string
}

/** Every page but those of other projects. */
export const PAGES = globSync('{*.md,{docs,quality,packages}/**/*.md}', {
  cwd: ROOT,
  exclude: ['**/node_modules/**'],
}).toSorted()

export function readPage(page: string): string {
  return readFileSync(resolve(ROOT, page), 'utf8')
}

/** In the order of the page; one in a list without its indent. */
export function blocksOf(page: string): Block[] {
  const found = readPage(page).matchAll(/^( *)```(\w*) ?([^\n]*)\n(.*?)^\1```$/gms)
  return [...found].map(([, indent = '', language = '', file = '', text = '']) => {
    return { page, language, file, text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), '') }
  })
}
