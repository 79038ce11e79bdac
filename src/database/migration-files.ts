import { globSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { MigrationObject } from '@mikro-orm/core'
import type { DatabaseConfig } from '../config.ts'
import { migrationFolder } from './orm.ts'

/** The migrations of the folder, for a list with those of features. */
export async function loadMigrations(config: DatabaseConfig): Promise<MigrationObject[]> {
  const folder = migrationFolder(config)
  const files = globSync('Migration*.{js,ts}', { cwd: folder }).toSorted()
  return Promise.all(
    files.map(async (file) => {
      const module: Record<string, MigrationObject['class']> = await import(pathToFileURL(resolve(folder, file)).href)
      const name = basename(file).replace(/\.[jt]s$/, '')
      const [migration] = Object.values(module)
      if (!migration) throw new Error(`${file} exports no migration`)
      return { name, class: migration }
    }),
  )
}
