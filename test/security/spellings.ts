export function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))
}

/** Readable in the name of a test. */
function codeOf(text: string): string {
  return Array.from(text, (letter) => `U+${(letter.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`).join(' ')
}

type Spelling = [string, (name: string) => string]

/** Spellings that name the same account. */
export const SAME: Spelling[] = [
  ['upper case', (name) => name.toUpperCase()],
  ['mixed case', (name) => name.replace(/[aeiou]/g, (letter) => letter.toUpperCase())],
  ...[' ', '\t', '\n', '\r\n', '\u00a0', '\u2003', '\u2028', '\u3000', '\ufeff'].flatMap((space): Spelling[] => [
    [`${codeOf(space)} behind`, (name) => name + space],
    [`${codeOf(space)} before`, (name) => space + name],
  ]),
]

/** Spellings with the letters i, k and o that name no account, whatever the database's collation. */
export const NONE: Spelling[] = [
  ['an accent', (name) => name.replace('i', '\u00ed')],
  ['a combining accent', (name) => name.replace('i', 'i\u0301')],
  ['full width', fullWidth],
  ['one letter in full width', (name) => name.replace('k', '\uff4b')],
  ['a dotless i', (name) => name.replace('i', '\u0131')],
  ['a dotted I', (name) => name.toUpperCase().replace('I', '\u0130')],
  ['the Kelvin sign', (name) => name.replace('k', '\u212a')],
  ['a Cyrillic letter', (name) => name.replace('o', '\u043e')],
  ['a Greek letter', (name) => name.replace('o', '\u03bf')],
  ['mathematical letters', (name) => name.replace('k', '\u{1d424}')],
  ...['\u200b', '\u200c', '\u200d', '\u2060', '\u00ad', '\u034f', '\ufe0f', '\u202e', '\u{e0041}'].flatMap(
    (invisible): Spelling[] => [
      [`an invisible ${codeOf(invisible)} inside`, (name) => name.slice(0, 3) + invisible + name.slice(3)],
      [`an invisible ${codeOf(invisible)} behind`, (name) => name + invisible],
    ],
  ),
  ['a space inside', (name) => `${name.slice(0, 3)} ${name.slice(3)}`],
  ['NUL behind', (name) => `${name}\0`],
  ['NUL inside', (name) => `${name.slice(0, 3)}\0${name.slice(3)}`],
  ['an emoji behind', (name) => `${name}\u{1f600}`],
  ['half an emoji behind', (name) => `${name}\ud83d`],
  ['a replacement character behind', (name) => `${name}\ufffd`],
]
