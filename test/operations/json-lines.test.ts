import { expect, it } from 'vitest'
import { type Line, readJsonLines } from '../../src/operations/import/json-lines.ts'

async function read(chunks: Iterable<Buffer>): Promise<Line[]> {
  async function* input() {
    yield* chunks
  }
  const lines: Line[] = []
  for await (const line of readJsonLines(input())) lines.push(line)
  return lines
}

it('lines are counted from 1, empty ones too; a mark before the first and line ends of Windows are no part of them', async () => {
  const text = '\ufeff{"a":1}\r\n\r\n  \n{"a":"\u00eb\ud83d\ude00"}'
  const bytes = [...Buffer.from(text)].map((byte) => Buffer.from([byte]))
  const lines = await read(bytes)
  expect(lines.map(({ number, record }) => [number, record])).toEqual([
    [1, { a: 1 }],
    [4, { a: '\u00eb\ud83d\ude00' }],
  ])
})

it('a line that is not UTF-8 is told, and so is one beyond 64 KiB, even where it says little', async () => {
  const padded = `{}${' '.repeat(70_000)}\n`
  const lines = await read([Buffer.from([0x7b, 0xff, 0x7d, 0x0a]), Buffer.from(`${padded}{}\n`)])
  expect(lines.map(({ number, record }) => [number, record])).toEqual([
    [1, null],
    [2, null],
    [3, {}],
  ])
})

it('an endless line is not kept in memory', async () => {
  const piece = Buffer.alloc(1_048_576, 0x20)
  function* endless() {
    for (let count = 0; count < 200; count += 1) yield piece
    greatest = process.memoryUsage().arrayBuffers
    yield Buffer.from('\n{}')
  }
  const before = process.memoryUsage().arrayBuffers
  let greatest = before
  expect((await read(endless())).map(({ record }) => record)).toEqual([null, {}])
  expect(greatest - before).toBeLessThan(50 * 1_048_576)
})
