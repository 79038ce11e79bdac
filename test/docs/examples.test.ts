import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { buildSchema } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXAMPLES, type Recorded, readDocument } from '../../tools/docs/examples.ts'
import { CONTRACTS } from '../contract/feature-contract.ts'
import { createSecondInstance, createTestApp, type TestApp } from '../support/app.ts'
import { type Answer, TestClient } from '../support/client.ts'
import { createTestClock } from '../support/clock.ts'
import { createTokenMaker } from '../support/mail-tokens.ts'
import { type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import type { Call, Cast, Instances } from './call.ts'
import { normalize } from './normalize.ts'
import { REFUSALS } from './refusals.ts'
import { SCENES } from './scenes.ts'

const START = new Date('2026-01-31T12:00:00.000Z')
const MAILING = { MAIL_URL: 'smtp://127.0.0.1:1', APP_URL: 'https://app.example' }

describe('the examples of docs/api.md', () => {
  it('are one for each root field of the service', () => {
    const schema = buildSchema(readFileSync('schema.graphql', 'utf8'))
    const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
      Object.keys(type?.getFields() ?? {}),
    )
    const ofFeatures = CONTRACTS.flatMap(({ rootFields }) => Object.keys(rootFields ?? {})).map(
      (name) => name.split('.')[1],
    )
    expect(Object.keys(SCENES).toSorted()).toEqual(fields.filter((name) => !ofFeatures.includes(name)).toSorted())
  })
})

// On one kind of database: what the fields do on each is told by their own tests.
describe('each example of docs/api.md', () => {
  let app: TestApp
  let instances: Instances
  let clock: ReturnType<typeof createTestClock>
  let chief: Person
  let number = 0

  beforeAll(async () => {
    clock = createTestClock(START)
    app = await createTestApp({ backend: 'sqlite', clock: clock.now, env: MAILING })
    const another = (env: object) => createSecondInstance({ ...app, env: { ...app.env, ...env } }, { clock: clock.now })
    chief = await signUpAdmin(app)
    instances = {
      usual: app,
      other: await another({ MAIL_URL: 'off', REGISTRATION: 'closed' }),
      strict: await another({ REQUIRE_VERIFIED_EMAIL: 'true' }),
    }
  })
  afterAll(async () => {
    await Promise.all([instances.other.close(), instances.strict.close()])
    await app.close()
  })

  /** Sends the document of a root field once everything is there, and sets the clock back. */
  async function send(field: string, { by = 'nobody', at = 'usual', prepare, variables, headers }: Call) {
    const before = clock.now().getTime()
    const people = await cast()
    const prepared = (await prepare?.(people)) ?? ''
    const sent = variables?.(people, prepared)
    const person = { nobody: null, 'a user': people.alice, 'an administrator': people.chief }[by]
    const { url } = instances[at]
    const client = new TestClient(url, { token: person?.accessToken, headers: headers?.(url) })
    const answer: Answer<object> = await client.run(readDocument(field), sent)
    clock.advance((before - clock.now().getTime()) / 1000)
    return { by, variables: sent, answer }
  }

  async function cast(): Promise<Cast> {
    number += 1
    const [alice, bob] = [await signUp(app, 'alice'), await signUp(app, 'bob')]
    await signIn(app, alice.username)
    return { app, clock, chief, alice, bob, fresh: `fresh${number}`, tokenOf: createTokenMaker(app) }
  }

  it.each(Object.entries(SCENES))('%s answers as it is printed, or a code that it names', async (field, scene) => {
    const { by, variables, answer } = await send(field, scene)
    expect(answer.codes).toEqual([])
    const refusals = REFUSALS.filter(([name]) => name === field)
    for (const [, code, call] of refusals) expect((await send(field, call)).answer.codes).toEqual([code])
    const codes = refusals.map(([, code]) => code).toSorted()
    const recorded: Recorded = { by, variables, answer: { data: answer.data }, refusals: codes }
    const text = `${JSON.stringify(normalize(recorded), null, 2)}\n`
    // `npm run docs:record` writes them anew.
    await expect(text).toMatchFileSnapshot(resolve(EXAMPLES, `${field}.json`))
  })
})
