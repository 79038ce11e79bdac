import { expect, it } from 'vitest'
import { withoutValues } from '../../src/database/statement-text.ts'
import { statementShape } from '../../src/logging/describe-fault.ts'

it.each([
  ["select * from `users` where `id` = 'a' limit 21", 'select * from `users` where `id` = ? limit ?'],
  ['update `users` set `a1` = 1.5, b = -2, `c` = 0xFF', 'update `users` set `a1` = ?, b = -?, `c` = ?'],
  ["insert into a values ('it''s', '', null, true, 1e9)", 'insert into a values (?, ?, null, true, ?)'],
  ['select ? as a, `b``1` from c2', 'select ? as a, `b``1` from c2'],
  ["select 'a\nb' from c", 'select ? from c'],
])('a statement has ? for its values: %s', (sql, text) => {
  expect(withoutValues(sql, 'mysql')).toBe(text)
  expect(withoutValues(sql, 'sqlite')).toBe(text)
})

it('strings in double quotes and backslashes are as the database reads them', () => {
  expect(withoutValues('select "secret"', 'mysql')).toBe('select ?')
  expect(withoutValues('select "name"', 'sqlite')).toBe('select "name"')
  expect(withoutValues(String.raw`select 'it\'s secret', "a\"b" from c`, 'mysql')).toBe('select ?, ? from c')
  expect(withoutValues(String.raw`select 'a\' from c where d = 'secret'`, 'sqlite')).toBe('select ? from c where d = ?')
})

it('what cannot be read with certainty is verb and table alone', () => {
  const unclear = [
    "select a from b where c = 'secret",
    'insert into b values ("secret)',
    "/* it's */ select 'secret' from b",
  ]
  for (const kind of ['mysql', 'sqlite'] as const) {
    const texts = unclear.map((sql) => withoutValues(sql, kind))
    expect(texts).toEqual(['select b', 'insert b', 'statement b'])
  }
})

it('no value is taken for a table', () => {
  expect(statementShape("update `users` set `display_name` = 'from secret'")).toBe('update users')
  expect(statementShape("insert into `users` values ('from secret')")).toBe('insert users')
  expect(statementShape('commit')).toBe('commit')
})
