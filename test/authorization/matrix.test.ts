import { isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Caller } from '../../src/authorization/rules.ts'
import { FEATURES } from '../../src/features.ts'
import { accessOf, buildTypes } from '../../src/schema.ts'
import { describeEachBackend } from '../support/app.ts'
import type { Answer } from '../support/client.ts'
import type { Person } from '../support/story.ts'
import { DECIDED_FIELDS, PUBLIC_FIELDS, ROOT_FIELDS, WAYS, type Way } from './matrix.ts'
import { MatrixCast } from './matrix-cast.ts'
import { type Program, type RootLine, VIEWERS, type Viewer } from './outcomes.ts'

describe('the matrix of authorization', () => {
  it('knows every field of the schema once, and no other (ASVS 8.1.2)', async () => {
    const types = Object.values((await buildTypes()).getTypeMap()).filter((type) => isObjectType(type))
    const inSchema = types
      .filter(({ name }) => !name.startsWith('__'))
      .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`))
    const publicFields = Object.entries(PUBLIC_FIELDS).flatMap(([type, fields]) =>
      fields.map((field) => `${type}.${field}`),
    )
    const known = [...Object.keys(ROOT_FIELDS), ...Object.keys(DECIDED_FIELDS), ...publicFields]
    expect(known.toSorted()).toEqual(inSchema.toSorted())
  })

  it('has a line of keys for each field that is printed as theirs, and for no other', () => {
    const printed = Object.entries(accessOf(FEATURES)).flatMap(([type, lines]) =>
      Object.entries(lines).flatMap(([name, { by }]) => (by.includes(Caller.API_KEY) ? `${type}.${name}` : [])),
    )
    const known = Object.entries(ROOT_FIELDS).flatMap(([field, { ofKeys }]) => (ofKeys ? field : []))
    expect(known.toSorted()).toEqual(printed.toSorted())
  })
})

describeEachBackend('authorization', (backend) => {
  let cast: MatrixCast
  let number = 0

  beforeAll(async () => {
    cast = await MatrixCast.create(backend)
  })
  afterAll(() => cast.close())

  const fresh = () => `fresh${++number}`

  describe.each(Object.entries(ROOT_FIELDS))('of %s', (field, line) => {
    const { gets, ofKeys, prepare, document } = line

    it.each(VIEWERS)(`is as the matrix says for %s (ASVS 8.2.1, 8.2.2)`, async (kind) => {
      const make = (of: Viewer) => (field.startsWith('Query.') ? cast.reader(of) : cast.viewer(of))
      const viewer = await make(kind)
      const isAboutItself = kind === 'anonymous' || kind === 'expired' || kind === 'own'
      const subject = isAboutItself ? viewer : await make('own')
      const prepared = (await prepare?.(subject)) ?? ''
      const answer = await viewer.client.run<RootAnswer, undefined>(document(subject, fresh(), prepared))
      expect(outcomeOf(answer, field)).toBe(gets[kind])
    })

    it('is as the matrix says for API keys, about another account (ASVS 8.2.1)', async () => {
      const subject = ofKeys ? null : await cast.viewer('own')
      const outcomes = await outcomesOfKeys(field, line, ofKeys?.other, async () => subject ?? (await cast.guest()))
      expect(outcomes).toEqual(outcomesFor(line, ofKeys?.other, Object.keys(outcomes)))
    })

    if (!ofKeys?.own) return
    it('is as the matrix says for API keys, about their own account (ASVS 8.2.2)', async () => {
      const outcomes = await outcomesOfKeys(field, line, ofKeys?.own, async (owner) => owner)
      expect(outcomes).toEqual(outcomesFor(line, ofKeys?.own, Object.keys(outcomes)))
    })
  })

  /** By the permissions of the key: one each, all, and those that are needed. Where none is enough, of all alone. */
  async function outcomesOfKeys(
    field: string,
    { document }: RootLine,
    needed: readonly string[] | undefined,
    subjectOf: (owner: Person) => Promise<Person>,
  ): Promise<Record<string, string>> {
    const single = needed ? [...cast.permissions.map((one) => [one]), needed] : []
    const keys = new Map([...single, cast.permissions].map((all) => [all.join(), all]))
    keys.delete('')
    const outcomes = [...keys].map(async ([name, permissions]) => {
      const owner = await cast.program(permissions)
      const text = document(await subjectOf(owner), fresh(), '')
      return [name, outcomeOf(await owner.client.run<RootAnswer, undefined>(text), field)]
    })
    return Object.fromEntries(await Promise.all(outcomes))
  }

  describe.each(Object.entries(DECIDED_FIELDS))('of %s', (_field, { selection, sights, isEmptyHidden }) => {
    const cases = sights.flatMap(([way, gets]) =>
      Object.entries(gets).map(([kind, sight]) => ({ way, kind: kind as Viewer | Program, sight })),
    )
    it.each(cases)('in $way is $sight for $kind (ASVS 8.2.3)', async ({ way, kind, sight }) => {
      const { client } = await cast.reader(kind)
      const document = (way in WAYS ? WAYS[way as Way] : way)
        .replaceAll('FIELD', `field: ${selection}`)
        .replaceAll('FRESH', fresh())
        .replaceAll('TILDA', cast.tilda.id)
      expect(sightOf(await client.run(document), isEmptyHidden)).toBe(sight)
    })
  })
})

type RootAnswer = Record<string, unknown>

function outcomeOf({ data, codes }: Answer<RootAnswer>, field: string): string {
  const isAnswered = data?.[field.replace(/^.*\./, '')] != null
  expect(codes).toHaveLength(isAnswered ? 0 : 1)
  return isAnswered ? 'OK' : codes.join()
}

function outcomesFor({ gets }: RootLine, needed: readonly string[] | undefined, keys: string[]): object {
  const otherwise = gets.anonymous === 'UNAUTHENTICATED' ? 'FORBIDDEN' : gets.anonymous
  const isEnough = (key: string) => needed?.every((permission) => key.split(',').includes(permission))
  return Object.fromEntries(keys.map((key) => [key, isEnough(key) ? 'OK' : otherwise]))
}

function sightOf({ data, codes }: Answer<unknown>, isEmptyHidden = false): string {
  if (codes.length > 0) return codes.join()
  const values = valuesIn(data)
  if (values.length === 0) throw new Error('The way leads to no object')
  const isHidden = values.map(
    (value) => value === null || (isEmptyHidden && Array.isArray(value) && value.length === 0),
  )
  if (new Set(isHidden).size > 1) throw new Error('Hidden here and shown there')
  return isHidden[0] ? 'HIDDEN' : 'SHOWN'
}

/** The value of `field`, at any depth; of an account's sessions, only those that are not current. */
function valuesIn(data: unknown): unknown[] {
  if (Array.isArray(data)) return data.flatMap((item) => valuesIn(item))
  if (typeof data !== 'object' || data === null) return []
  if ('isCurrent' in data && data.isCurrent === true) return []
  if ('field' in data) return [data.field]
  return Object.values(data).flatMap((value) => valuesIn(value))
}
