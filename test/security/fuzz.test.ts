import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { buildSchema } from 'graphql'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { signUpAdmin } from '../support/story.ts'
import { type FuzzOptions, fuzzOperations, fuzzRequests } from './fuzz/fuzz.ts'

/** `npm run drill -- fuzz` sends more. */
const COUNT = 300
const schema = buildSchema(readFileSync('schema.graphql', 'utf8'))

/** Random. A failure names the seed, and FUZZ_SEED repeats it. */
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31))

describeEachBackend(`random input (seed ${seed})`, (backend) => {
  let app: TestApp
  let options: FuzzOptions
  const errors: string[] = []

  beforeAll(async () => {
    const logDestination = new Writable({
      write(line, _encoding, done) {
        errors.push(String(line))
        done()
      },
    })
    app = await createTestApp({ backend, env: { LOG_LEVEL: 'error' }, logDestination })
    const chief = await signUpAdmin(app)
    options = { origin: app.url, schema, chief: chief.accessToken, count: COUNT, seed }
  })
  afterAll(() => app.close())

  it('of valid operations has answers and refusals with a code, and nothing else (ASVS 16.5.1)', {
    timeout: 120_000,
  }, async () => {
    const { sent, valid, withData, codes } = await fuzzOperations(options)
    expect(sent).toBe(COUNT)
    expect(valid / sent).toBeGreaterThan(0.95)
    expect(withData / sent).toBeGreaterThan(0.3)
    expect(Object.keys(codes)).toEqual(expect.arrayContaining(['BAD_USER_INPUT', 'FORBIDDEN', 'UNAUTHENTICATED']))
    expect(errors).toEqual([])
  })

  it('of bytes, headers and paths is refused cleanly (ASVS 16.5.1)', { timeout: 120_000 }, async () => {
    const { sent, statuses } = await fuzzRequests(options)
    expect(sent).toBe(COUNT)
    expect(Object.keys(statuses)).toEqual(expect.arrayContaining(['200', '400', '404', '405', '415']))
    expect(errors).toEqual([])
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(200)
  })
})
