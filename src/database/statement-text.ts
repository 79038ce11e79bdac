import { statementShape } from '../logging/describe-fault.ts'

/** Strings, quoted names and numbers. MySQL has strings in double quotes too, and backslashes in them. */
const TOKENS = {
  mysql: /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`]|``)*`|\b\d[\w.]*/g,
  sqlite: /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\b\d[\w.]*/g,
}
const NAMES = { mysql: /^`/, sqlite: /^["`]/ }

/**
 * A statement with `?` for each value, because MikroORM writes values into its own. Verb and table alone where the text
 * cannot be read with certainty.
 */
export function withoutValues(sql: string, kind: keyof typeof TOKENS): string {
  if (/['"`\\]/.test(sql.replace(TOKENS[kind], ' '))) return statementShape(sql)
  return sql.replace(TOKENS[kind], (token) => (NAMES[kind].test(token) ? token : '?'))
}
