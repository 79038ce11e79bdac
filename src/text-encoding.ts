const UTF16_MARKS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])]

/** As editors and shells on Windows write text, with a byte order mark or without. No text in UTF-8 holds a NUL. */
export function isUtf16(bytes: Buffer): boolean {
  return bytes.includes(0) || UTF16_MARKS.some((mark) => bytes.subarray(0, mark.length).equals(mark))
}

/** Removes a byte order mark and the line ends after the text. */
export function bareText(text: string): string {
  return text.replace(/^\ufeff/, '').replace(/[\r\n]+$/, '')
}
