import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

interface Manifest {
  files: string[]
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** The example in a folder of its own, with the package as npm would pack it. */
describe('a project that has installed the package', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-installed-'))
    cpSync(join(ROOT, 'examples/extension'), folder, { recursive: true })
    const modules = join(folder, 'node_modules')
    rmSync(modules, { recursive: true, force: true })
    mkdirSync(join(modules, 'gatehouse'), { recursive: true })
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
    }
    execFileSync(process.execPath, [join(ROOT, 'tools/build.ts')])
    for (const name of ['package.json', ...manifestOf(ROOT).files]) {
      cpSync(join(ROOT, name), join(modules, 'gatehouse', name), { recursive: true })
    }
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('has its own services, loaders, permissions and actions in the types', () => {
    const unknown = "import type { Services } from 'gatehouse'\n// @ts-expect-error No feature has it.\n"
    writeFileSync(join(folder, 'test/unknown.ts'), `${unknown}export type Unknown = Services['unknown']\n`)
    execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], { stdio: 'pipe' })
  })

  it('starts, migrates and answers with its own feature', async () => {
    const env = { PATH: process.env.PATH, PORT: '0', DATABASE_URL: 'sqlite::memory:', LOG_LEVEL: 'silent' }
    const child = spawn(process.execPath, ['dist/src/main.js'], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer]
      const query = '{ __type(name: "Permission") { enumValues { name } } bookmarks { totalCount } }'
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ query })
      const response = await fetch(String(line).trim(), { method: 'POST', headers, body })
      const { data, errors } = (await response.json()) as {
        data: { __type: { enumValues: object[] } }
        errors: { extensions: object }[]
      }
      expect(data.__type.enumValues).toContainEqual({ name: 'BOOKMARK_WRITE' })
      expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'UNAUTHENTICATED' }])
    } finally {
      child.kill()
      await once(child, 'exit')
    }
  })

  it('has the versions that the package was tested with', () => {
    const { dependencies, devDependencies } = manifestOf(ROOT)
    const known = { ...dependencies, ...devDependencies }
    const example = manifestOf(join(ROOT, 'examples/extension'))
    const { gatehouse, ...others } = { ...example.dependencies, ...example.devDependencies }
    expect(gatehouse).toBe('file:../..')
    for (const [name, version] of Object.entries(others)) expect(known[name], name).toBe(version)
  })
})
