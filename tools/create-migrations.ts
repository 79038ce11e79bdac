/** `npm run migration:create -- notes`: creates that migration for each dialect, from entities and snapshots. */
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'

/** No server is needed: the scheme alone selects the dialect. */
const URLS = ['sqlite::memory:', 'mysql://nobody@127.0.0.1:1/none']

const [name = ''] = process.argv.slice(2)
if (!/^[a-z][a-z0-9_]*$/.test(name)) {
  process.stderr.write('npm run migration:create -- NAME, of small letters, digits and _\n')
  process.exit(1)
}

// The same name for all dialects, because it identifies a migration when data moves to the other database.
const fileName = `Migration${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${name}`
for (const DATABASE_URL of URLS) {
  run('mikro-orm', ['migration:create', '--config', './mikro-orm.config.ts', '--name', fileName], { DATABASE_URL })
}
for (const file of globSync(`migrations/*/${fileName}.ts`)) {
  // MikroORM would put its own time before this one in the class name, and so in the stored name.
  const text = readFileSync(file, 'utf8').replaceAll(new RegExp(`Migration\\d{14}_${fileName}`, 'g'), fileName)
  // A server's default may be the format of old installations, whose keys have at most 767 bytes.
  writeFileSync(file, text.replaceAll(' engine = InnoDB;', ' engine = InnoDB row_format = dynamic;'))
}
run('biome', ['check', '--write', 'migrations'])

function run(command: string, args: string[], env: Record<string, string> = {}): void {
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  if (status !== 0) process.exit(1)
}
