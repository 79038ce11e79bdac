import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { AnswerWatch } from '../../src/cache/answer-watch.ts'

function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

describe('the watch on answers', () => {
  it('gives everything up after 300 ms without any answer', async () => {
    let silences = 0
    const watch = new AnswerWatch(() => {
      silences += 1
    })
    const begin = performance.now()
    const times: number[] = []
    watch.expect(10_000, () => times.push(performance.now() - begin))
    await delay(150)
    watch.expect(10_000, () => times.push(performance.now() - begin))
    await expect.poll(() => times.length, { interval: 5 }).toBe(2)
    expect(Math.min(...times)).toBeGreaterThan(290)
    expect(silences).toBe(1)
  })

  it('gives up alone what waits too long while others are answered', async () => {
    let silences = 0
    let givenUp = 0
    const watch = new AnswerWatch(() => {
      silences += 1
    })
    watch.expect(400, () => {
      givenUp += 1
    })
    for (let i = 0; i < 35; i += 1) {
      const answered = watch.expect(400, () => undefined)
      await delay(10)
      answered()
    }
    expect(givenUp).toBe(0)
    await delay(200)
    expect([givenUp, silences]).toEqual([1, 0])
  })

  it('does not run faster for many short requests', async () => {
    let silences = 0
    const watch = new AnswerWatch(() => {
      silences += 1
    })
    for (let i = 0; i < 40; i += 1) {
      watch.expect(400, () => undefined)()
      await delay(2)
    }
    let isGivenUp = false
    const answered = watch.expect(10_000, () => {
      isGivenUp = true
    })
    await delay(200)
    answered()
    expect([isGivenUp, silences]).toEqual([false, 0])
  })

  it('does not take a blocked event loop for silence', async () => {
    let silences = 0
    const watch = new AnswerWatch(() => {
      silences += 1
    })
    const answered = watch.expect(10_000, () => undefined)
    await delay(60)
    block(1000)
    await delay(0)
    answered()
    await delay(400)
    expect(silences).toBe(0)
  })
})
