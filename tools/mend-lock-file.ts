/**
 * Run it after `npm install`, which drops `gypfile: false` of better-sqlite3 from the lock file. The package contains
 * its binaries, but without this entry npm 10 compiles them, which needs Python and a compiler.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const FILE = 'package-lock.json'

const lock = JSON.parse(readFileSync(FILE, 'utf8'))
lock.packages['node_modules/better-sqlite3'].gypfile = false
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`)
