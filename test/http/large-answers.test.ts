import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { LargeAnswers } from '../../src/http/large-answers.ts'

const LARGE = 'x'.repeat(10_000)

/** Answers that end when they are told to, and count those in progress. */
class Work {
  running = 0
  most = 0
  readonly #ends: (() => void)[] = []

  readonly answer = async (): Promise<string> => {
    this.running += 1
    this.most = Math.max(this.most, this.running)
    await new Promise<void>((end) => this.#ends.push(end))
    this.running -= 1
    return LARGE
  }

  /** Ends the oldest one in progress, and lets others begin. */
  async endOne(): Promise<void> {
    this.#ends.shift()?.()
    await pause(0)
  }
}

async function knownAsLarge(query: string): Promise<LargeAnswers> {
  const answers = new LargeAnswers()
  await answers.run(query, async () => LARGE)
  return answers
}

describe('large answers', () => {
  it('are made 5 at a time, first come first served', async () => {
    const answers = await knownAsLarge('{ list }')
    const work = new Work()
    const order: number[] = []
    const all = Array.from({ length: 20 }, async (_, index) => {
      await answers.run('{ list }', work.answer)
      order.push(index)
    })
    await pause(0)
    expect(work.running).toBe(5)
    for (let count = 0; count < 20; count += 1) await work.endOne()
    await Promise.all(all)
    expect(work.most).toBe(5)
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index))
  })

  it('hold up nobody else', async () => {
    const answers = await knownAsLarge('{ list }')
    const work = new Work()
    const all = Array.from({ length: 20 }, () => answers.run('{ list }', work.answer))
    expect(await answers.run('{ me }', async () => 'small')).toBe('small')
    expect(await answers.run(undefined, async () => 'none')).toBe('none')
    for (let count = 0; count < 20; count += 1) await work.endOne()
    await Promise.all(all)
  })

  it.each([
    ['never had one', 'small'],
    ['was never answered as text', { length: 10_000 }],
  ])('are not expected of a query that %s', async (_, answer) => {
    const answers = new LargeAnswers()
    await answers.run<unknown>('{ me }', async () => answer)
    const work = new Work()
    const all = Array.from({ length: 20 }, () => answers.run('{ me }', work.answer))
    await pause(0)
    expect(work.running).toBe(20)
    for (let count = 0; count < 20; count += 1) await work.endOne()
    await Promise.all(all)
  })

  it('wait no longer than a quarter of a second for others that do not end', async () => {
    const answers = await knownAsLarge('{ list }')
    const work = new Work()
    const all = Array.from({ length: 20 }, () => answers.run('{ list }', work.answer))
    await pause(200)
    expect(work.running).toBe(5)
    await expect.poll(() => work.running, { timeout: 5000 }).toBe(20)
    const late = answers.run('{ list }', work.answer)
    await work.endOne()
    expect(work.running).toBe(19)
    for (let count = 0; count < 20; count += 1) await work.endOne()
    await Promise.all([...all, late])
  })

  it('make room when they fail', async () => {
    const answers = await knownAsLarge('{ list }')
    const failures = Array.from({ length: 20 }, () =>
      answers.run('{ list }', () => Promise.reject(new Error('lost'))).catch(() => 'failed'),
    )
    expect(await Promise.all(failures)).toEqual(Array.from({ length: 20 }, () => 'failed'))
    const work = new Work()
    const one = answers.run('{ list }', work.answer)
    await pause(0)
    await work.endOne()
    expect(await one).toBe(LARGE)
  })

  it('are remembered for so many texts only, long ones for none', async () => {
    const answers = await knownAsLarge(`{ list } #${'x'.repeat(600_000)}`)
    const work = new Work()
    const all = Array.from({ length: 6 }, () => answers.run(`{ list } #${'x'.repeat(600_000)}`, work.answer))
    await pause(0)
    expect(work.running).toBe(6)
    for (let count = 0; count < 6; count += 1) await work.endOne()
    await Promise.all(all)
  })
})
