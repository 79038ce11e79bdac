import { describe, expect, it } from 'vitest'
import { Connection } from '../../src/pagination/connection.ts'
import { CursorCodec } from '../../src/pagination/cursor.ts'

const codec = new CursorCodec({ current: Buffer.alloc(32, 1) })

function connectionOf(names: string[]) {
  const list = { codec, name: 'names', positionOf: ({ id }: { id: string }) => ({ key: id, id }) }
  const page = { limit: 10, isBackward: false, from: null }
  return new Connection(
    names.map((id) => ({ id })),
    page,
    list,
    async () => names.length,
  )
}

describe('a page of a list', () => {
  it('makes cursors of its first and last row', () => {
    const { startCursor, endCursor } = connectionOf(['a', 'b', 'c']).pageInfo
    expect(codec.decode(startCursor ?? '', 'names')).toEqual({ key: 'a', id: 'a' })
    expect(codec.decode(endCursor ?? '', 'names')).toEqual({ key: 'c', id: 'c' })
  })

  it('has no cursors without rows', () => {
    const { startCursor, endCursor } = connectionOf([]).pageInfo
    expect([startCursor, endCursor]).toEqual([null, null])
  })
})
