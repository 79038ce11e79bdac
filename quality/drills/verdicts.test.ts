import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeSeries } from './soak-verdict.ts'
import { compareTimes } from './timing-verdict.ts'

const HEAP = { share: 0.05, more: 0 }
const DESCRIPTORS = { share: 0, more: 2 }

const grow = (length: number, perSample: number) => Array.from({ length }, (_, index) => 100 + index * perSample)

describe('the verdict of a soak', () => {
  it('takes a series for flat that moves up and down within 2 %', () => {
    const noisy = fc.array(fc.double({ min: 99, max: 101, noNaN: true }), { minLength: 12, maxLength: 60 })
    fc.assert(fc.property(noisy, (values) => judgeSeries('heapMb', values, HEAP).isFlat))
  })

  it.each([12, 60, 180])('finds what grows by a tenth in %i samples, whatever its noise', (length) => {
    const noise = fc.array(fc.double({ min: -0.5, max: 0.5, noNaN: true }), { minLength: length, maxLength: length })
    const growing = grow(length, 18 / length)
    fc.assert(
      fc.property(noise, (errors) => {
        const values = growing.map((value, index) => value + (errors[index] as number))
        return !judgeSeries('heapMb', values, HEAP).isFlat
      }),
    )
  })

  it('forgives the growth of the warm-up, single samples that stand out, and what shrinks', () => {
    const warmingUp = [...grow(12, 10), ...Array<number>(48).fill(220)]
    expect(judgeSeries('heapMb', warmingUp, HEAP)).toEqual({
      measure: 'heapMb',
      before: 220,
      after: 220,
      most: 231,
      isFlat: true,
    })
    const spiky = Array.from({ length: 60 }, (_, index) => (index % 10 === 9 ? 500 : 100))
    expect(judgeSeries('heapMb', spiky, HEAP).isFlat).toBe(true)
    expect(judgeSeries('heapMb', grow(60, -1), HEAP).isFlat).toBe(true)
  })

  it('counts single descriptors: two more may be, three may not', () => {
    const series = (more: number) => [...Array<number>(40).fill(30), ...Array<number>(20).fill(30 + more)]
    expect(judgeSeries('descriptors', series(2), DESCRIPTORS).isFlat).toBe(true)
    expect(judgeSeries('descriptors', series(3), DESCRIPTORS).isFlat).toBe(false)
  })

  it('takes too few samples for no proof', () => {
    expect(judgeSeries('heapMb', Array<number>(10).fill(100), HEAP).isFlat).toBe(false)
    expect(judgeSeries('heapMb', [], HEAP).isFlat).toBe(false)
  })
})

describe('the verdict of a timing', () => {
  it('compares medians: 5 % apart may be, more may not, and outliers count for nothing', () => {
    const around = (ms: number) => [ms - 1, ms, ms + 1, ms, 900]
    expect(compareTimes({ unknown: around(20), present: around(20.9), blocked: around(20.5) })).toMatchObject({
      isEqual: true,
      rows: { present: { tries: 5, medianMs: 20.9 } },
    })
    const found = compareTimes({ unknown: around(20), present: around(21.2), blocked: around(20.5) })
    expect(found.isEqual).toBe(false)
    expect(found.spread).toBeCloseTo(0.06, 5)
  })
})
