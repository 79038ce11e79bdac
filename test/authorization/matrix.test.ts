import { isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildTypes } from '../../src/schema.ts'
import { describeEachBackend } from '../support/app.ts'
import type { Answer } from '../support/client.ts'
import { DECIDED_FIELDS, PUBLIC_FIELDS, ROOT_FIELDS, WAYS, type Way } from './matrix.ts'
import { MatrixCast } from './matrix-cast.ts'
import { VIEWERS, type Viewer } from './outcomes.ts'

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
})

describeEachBackend('authorization', (backend) => {
  let cast: MatrixCast
  let number = 0

  beforeAll(async () => {
    cast = await MatrixCast.create(backend)
  })
  afterAll(() => cast.close())

  const fresh = () => `fresh${++number}`

  describe.each(Object.entries(ROOT_FIELDS))('of %s', (field, { gets, prepare, document }) => {
    it.each(VIEWERS)(`is as the matrix says for %s (ASVS 8.2.1, 8.2.2)`, async (kind) => {
      const make = (of: Viewer) => (field.startsWith('Query.') ? cast.reader(of) : cast.viewer(of))
      const viewer = await make(kind)
      const isAboutAnother = kind === 'other' || kind === 'demoted' || kind === 'admin'
      const subject = isAboutAnother || kind === 'disabled' ? await make('own') : viewer
      const prepared = (await prepare?.(subject)) ?? ''
      const answer = await viewer.client.run<Record<string, unknown>, undefined>(document(subject, fresh(), prepared))
      const name = field.replace(/^.*\./, '')
      const isAnswered = answer.data?.[name] != null
      expect(isAnswered ? 'OK' : answer.codes.join()).toBe(gets[kind])
      expect(answer.codes).toHaveLength(isAnswered ? 0 : 1)
    })
  })

  describe.each(Object.entries(DECIDED_FIELDS))('of %s', (_field, { selection, sights, isEmptyHidden }) => {
    const cases = sights.flatMap(([way, gets]) =>
      Object.entries(gets).map(([kind, sight]) => ({ way, kind: kind as Viewer, sight })),
    )
    it.each(cases)('in $way is $sight for $kind (ASVS 8.2.3)', async ({ way, kind, sight }) => {
      const { client } = await cast.reader(kind)
      const document = (way in WAYS ? WAYS[way as Way] : way)
        .replaceAll('FIELD', `field: ${selection}`)
        .replaceAll('FRESH', fresh())
      expect(sightOf(await client.run(document), isEmptyHidden)).toBe(sight)
    })
  })
})

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
