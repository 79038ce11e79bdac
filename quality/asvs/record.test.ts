import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { RECORD_FILE, readAllMarkedTests, readMarkedTests, recordFaults, renderRecord } from './record.ts'
import { CHAPTERS, type Reason } from './requirements.ts'

const SOURCE = `describe('a group', () => {
  it('does it (ASVS 6.3.1, 7.2.2)', () => {})
  it('is no part of it', () => {})
  it.each(['a'])(\`\${kind} is refused: %s (ASVS 9.1.2)\`, () => {})
})
describe.each(KINDS)('the other group (ASVS 7.2.2)', () => {})
call('nothing (ASVS 1.2.4)')
`

const marked = (id: string) => ({ path: 'test/a.test.ts', name: 'does it', ids: [id] })

function chapters(reason?: Reason, id = '6.3.1') {
  return [{ name: 'V6 Authentication', requirements: [{ id, level: 1 as const, requirement: 'It is so.', reason }] }]
}

describe('the tests that name requirements', () => {
  it('are found by their titles, with the groups around them', () => {
    expect(readMarkedTests('test/a.test.ts', SOURCE)).toEqual([
      { path: 'test/a.test.ts', name: 'a group: does it', ids: ['6.3.1', '7.2.2'] },
      { path: 'test/a.test.ts', name: 'a group: … is refused: %s', ids: ['9.1.2'] },
      { path: 'test/a.test.ts', name: 'the other group', ids: ['7.2.2'] },
    ])
  })

  it.each(['ASVS 3.4: it', 'it (ASVS 3.3.1 to 3.3.4)', 'it (ASVS 3.4)', 'it (ASVS 3.4.1) is'])(
    'are reported where they name them in another way: %s',
    (title) => {
      const tests = readMarkedTests('test/a.test.ts', `it('${title}', () => {})`)
      expect(recordFaults(chapters('gap: all of it.'), tests)).toEqual([
        `test/a.test.ts: "${title}" names what is no requirement here: ${title}`,
      ])
    },
  )
})

describe('the record is refused', () => {
  it('with a requirement that has neither a test nor a reason', () => {
    expect(recordFaults(chapters(), [])).toEqual(['6.3.1 has neither a test nor a reason'])
    expect(recordFaults(chapters(), [marked('6.3.1')])).toEqual([])
  })

  it('with a test that names what is no requirement', () => {
    expect(recordFaults(chapters(), [marked('6.3.1'), marked('6.3.99')])).toEqual([
      'test/a.test.ts: "does it" names what is no requirement here: 6.3.99',
    ])
  })

  it.each(['does not apply: so.', 'no test: so.'] as const)('with a test beside "%s"', (reason) => {
    expect(recordFaults(chapters(reason), [])).toEqual([])
    expect(recordFaults(chapters(reason), [marked('6.3.1')])).toEqual([`6.3.1 has a test, and the reason "${reason}"`])
  })

  it('not with a test beside a gap, which both stand in it', () => {
    expect(recordFaults(chapters('gap: a part.'), [marked('6.3.1')])).toEqual([])
    expect(renderRecord(chapters('gap: a part.'), [marked('6.3.1')])).toContain(
      '| 6.3.1 | 1 | It is so. | [test/a.test.ts](../test/a.test.ts): does it<br>**Gap:** a part. |\n',
    )
  })

  it('with a requirement twice', () => {
    expect(recordFaults([...chapters(), ...chapters()], [marked('6.3.1')])).toEqual(['6.3.1 stands in the data twice'])
  })
})

describe('docs/asvs.md', () => {
  const tests = readAllMarkedTests()

  it('names a test or a reason for each requirement', () => {
    expect(recordFaults(CHAPTERS, tests)).toEqual([])
  })

  it('is what `npm run asvs` writes', () => {
    expect(readFileSync(RECORD_FILE, 'utf8')).toBe(renderRecord(CHAPTERS, tests))
  })
})

describe('the requirements', () => {
  it('are as many as the standard has: 70 of level 1, 40 of level 2 in V6 to V9', () => {
    const all = CHAPTERS.flatMap(({ requirements }) => requirements)
    expect(all.filter(({ level }) => level === 1)).toHaveLength(70)
    expect(all.filter(({ id, level }) => level === 2 && /^[6-9]\./.test(id))).toHaveLength(40)
  })

  it('stand in the order of the standard, each in its chapter', () => {
    const orderOf = (id: string) => id.split('.').reduce((number, part) => number * 100 + Number(part), 0)
    const ids = CHAPTERS.flatMap(({ requirements }) => requirements.map(({ id }) => id))
    expect(ids).toEqual(ids.toSorted((a, b) => orderOf(a) - orderOf(b)))
    for (const { name, requirements } of CHAPTERS)
      expect(requirements.filter(({ id }) => !name.startsWith(`V${id.split('.')[0]} `))).toEqual([])
  })
})
