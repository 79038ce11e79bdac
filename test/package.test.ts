import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

interface Locked {
  version: string
  resolved?: string
  gypfile?: boolean
}

const read = (file: string) => JSON.parse(readFileSync(resolve(import.meta.dirname, '..', file), 'utf8'))
const manifest = read('package.json')
const packages: Record<string, Locked> = read('package-lock.json').packages

describe('what is installed', () => {
  test('is named by exact versions, the ones in the lock file', () => {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(packages[`node_modules/${name}`]?.version, name).toBe(version)
    }
  })

  test('comes from the registry that the user has configured', () => {
    const addressed = Object.entries(packages).filter(([, locked]) => locked.resolved)
    expect(addressed).toEqual([])
  })

  test('needs no compiler under npm 10 (after npm install: node tools/mend-lock-file.ts)', () => {
    expect(packages['node_modules/better-sqlite3']?.gypfile).toBe(false)
  })

  test('brings a Node that the service runs on', () => {
    expect(manifest.devDependencies.node).toMatch(/^24\./)
    expect(manifest.allowScripts).toEqual({ node: true })
  })
})
