/** The latency of `me` while logins keep the server's core busy. */
import { setTimeout as delay } from 'node:timers/promises'
import { ask, signInAll } from './client.ts'
import { load } from './load.ts'
import { percentile } from './numbers.ts'
import { bodyOf, WORKLOADS, type Workload } from './workloads.ts'

/** One round. */
export interface Saturation {
  idleP99Ms: number
  saturatedP99Ms: number
}

/** Requests are sent at a fixed rate, not one after the other: a slow answer would otherwise delay and hide the next. */
const EVERY_MS = 10
const PROBES = 800
/** In each round. */
const LOGINS = 240

const [me, login] = ['W1', 'W5'].map((wanted) => WORKLOADS.find(({ name }) => name === wanted)) as [Workload, Workload]

export async function measureSaturation(url: string, roundCount: number): Promise<Saturation[]> {
  const tokens = await signInAll(url, 'user')
  await probe(url, tokens, () => false)
  const rounds: Saturation[] = []
  while (rounds.length < roundCount) rounds.push(await measureRound(url, tokens))
  return rounds
}

async function measureRound(url: string, tokens: string[]): Promise<Saturation> {
  const idle = await probe(url, tokens, () => false)
  let isOver = false
  const logins = load(url, login, [], LOGINS).finally(() => {
    isOver = true
  })
  const saturated = await probe(url, tokens, () => isOver)
  await logins
  return { idleP99Ms: percentile(idle, 0.99), saturatedP99Ms: percentile(saturated, 0.99) }
}

/** @returns the milliseconds of each request; at most PROBES of them, fewer where the logins are over before */
async function probe(url: string, tokens: string[], isOver: () => boolean): Promise<number[]> {
  const startedAt = performance.now()
  const running: Promise<number>[] = []
  while (running.length < PROBES && !isOver()) {
    const dueIn = startedAt + running.length * EVERY_MS - performance.now()
    if (dueIn > 0) await delay(dueIn)
    running.push(timed(url, tokens[running.length % tokens.length] ?? null))
  }
  return Promise.all(running)
}

async function timed(url: string, token: string | null): Promise<number> {
  const sentAt = performance.now()
  const { data } = await ask(url, bodyOf(me, 0), token)
  if (!data?.me) throw new Error('me was not answered.')
  return performance.now() - sentAt
}
