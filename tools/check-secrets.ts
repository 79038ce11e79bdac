/**
 * Fails when a file under version control has the name of a secret, or contains what looks like one: what secretlint
 * finds (private keys, tokens of known services, URLs with a password), or long random text.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const SECRET_PLACES = /(^|\/)(\.env(\..+)?|data\/.+|id_(rsa|ed25519)|.+\.(pem|key|p12|pfx))$/
const ALLOWED = new Set(['.env.example'])
/** Checksums of packages, and hashes of the passwords beside them, are random, but no secrets. */
const NOT_READ = new Set([
  'package-lock.json',
  'examples/web/package-lock.json',
  'packages/client/package-lock.json',
  'test/passwords/vectors/php.jsonl',
  'test/passwords/vectors/python.jsonl',
])
/** 24 random bytes or more in base64 or base64url. */
const LONG_TEXT = /[A-Za-z0-9+_-]{32,}={0,2}/g
/** Bits per character; random base64 of 32 characters has about 4.5, a long identifier in camel case below 4.1. */
const MOST_BITS = 4.3

const files = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(existsSync)
const faults = files
  .filter((file) => SECRET_PLACES.test(file) && !ALLOWED.has(file))
  .map((file) => `${file}: not for version control`)
for (const file of files.filter((name) => !NOT_READ.has(name))) faults.push(...randomTexts(file))
for (const fault of faults) console.error(fault)

const { status } = spawnSync('secretlint', files, { stdio: 'inherit' })
process.exitCode = faults.length > 0 || status !== 0 ? 1 : 0

function randomTexts(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line, index) =>
    (line.match(LONG_TEXT) ?? [])
      .filter(isRandom)
      .map((text) => `${file}:${index + 1}: looks random: ${text.slice(0, 8)}…`),
  )
}

function isRandom(text: string): boolean {
  const hasAllKinds = /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text)
  const isAlphabet = text.includes('ABCDEFGHIJKLMNOPQRSTUVWXYZ')
  return hasAllKinds && !isAlphabet && bitsPerCharacter(text) > MOST_BITS
}

function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  return [...counts.values()].reduce((bits, count) => bits - (count / text.length) * Math.log2(count / text.length), 0)
}
