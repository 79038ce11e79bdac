/**
 * Run after `npm install`, which forgets this: better-sqlite3 brings its binaries and says so by `gypfile: false`.
 * npm 10 looks for that in the lock file, not in the package, and would ask for Python and a compiler.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const FILE = 'package-lock.json'

const lock = JSON.parse(readFileSync(FILE, 'utf8'))
lock.packages['node_modules/better-sqlite3'].gypfile = false
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`)
