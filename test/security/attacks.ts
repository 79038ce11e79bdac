import { newId } from '../../src/database/ids.ts'
import type { Position } from './positions.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64url')

/** Texts that end a string, a statement or a comment of a dialect, or have a meaning for a query builder. */
export const SQL = [
  "' OR '1'='1",
  "' OR 1=1 -- ",
  "' OR 1=1 #",
  '" OR ""="',
  "\\' OR 1=1 -- ",
  "'; DROP TABLE users; -- ",
  "'); DELETE FROM users WHERE ('1'='1",
  "', role = 'admin' -- ",
  "admin'/*",
  '*/ OR 1=1 /*',
  "' UNION ALL SELECT id, username, password_hash, 1, 1, 1, 1, 1, 1 FROM users -- ",
  "' AND (SELECT 1 FROM (SELECT SLEEP(20)) AS t) -- ",
  "' OR randomblob(900000000) IS NOT NULL -- ",
  '`; DROP TABLE users; -- ',
  '1 OR 1=1',
  '1; ATTACH DATABASE "x" AS y',
  '0x61646d696e',
  '? ?? $1 :id @id %s {} #{id}',
  '\u02bc OR 1=1 -- ',
  '\uff07 OR 1=1 -- ',
  '\u00bf\u0027 OR 1=1 -- ',
  "x@y.z' OR email_key LIKE '%",
  '{"$ne": null}',
  'null',
]

/** Harmless texts. */
export const PLAIN = ['plain', 'plain@example.org', 'plain and a good deal longer than that', newId()]

/** The texts as they are, and in the format of a place that expects one. */
export function attacksOn({ name, type }: Pick<Position, 'name' | 'type'>): unknown[] {
  const forged = (text: string) => [base64(text), base64(`${'m'.repeat(16)}["${text}","x"]`)]
  if (/ (after|before)$/.test(name)) return SQL.flatMap((text) => [text, ...forged(text)])
  return type === 'JSON' ? SQL.flatMap((text) => [text, { [text]: [text] }]) : SQL
}

/** Many databases would compare the first ones as numbers, equal to an id that begins with such a number. */
export function malformedIds(id: string): { values: unknown[]; none: unknown[] } {
  const number = Number.parseInt(id, 10)
  const numbers = [number, 0, -1, 1, 2 ** 53 - 1, 1e21]
  const near = [id.toUpperCase(), ` ${id}`, `${id} `, `${id}\0`, `{${id}}`, `urn:uuid:${id}`, id.replaceAll('-', '')]
  const texts = ['', ' ', '0', '-1', '1', '01', '1e0', '9007199254740993', '1 OR 1=1', `${id}' -- `, `${id}%`, '%', '_']
  // A number that JavaScript does not hold exactly is refused.
  const none = [2 ** 53, 2 ** 53 + 2, 1.5, true, [id], [], [[id]], {}, { id }, [1, 2]]
  return { values: [...numbers, ...near, ...texts, '\u{1f600}', 'x'.repeat(50_000), ...none], none }
}
