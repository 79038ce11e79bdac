import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { allowInsecureRequests, type Configuration } from 'openid-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { permissionMap } from '../../src/authorization/permission-map.ts'
import { Caller } from '../../src/authorization/rules.ts'
import { blocksOf, readPage } from '../docs/pages.ts'
import { giveRole } from '../support/api-keys.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'

const PAGE = readPage('docs/keys.md')
const BLOCKS = blocksOf('docs/keys.md')

interface Introspection {
  config: Configuration
  scopesOf(token: string): Promise<string[] | null>
}

interface Examples {
  createIntrospection(url: string, key: string): Introspection
  createVerifier(url: string): (token: string) => Promise<object>
}

let app: TestApp
let chief: Person
let alice: Person
let examples: Examples

beforeAll(async () => {
  app = await createTestApp({ backend: 'sqlite' })
  ;[chief, alice] = [await signUpAdmin(app), await signUp(app)]
  const source = (block('js', 'openid-client') + block('js', 'jose')).replace(/(?<= from ')[\w-]+/g, addressOf)
  examples = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(source)}`)) as Examples
})
afterAll(() => app.close())

/** Modules without a place find no packages by name. */
function addressOf(name: string): string {
  return pathToFileURL(createRequire(import.meta.url).resolve(name)).href
}

function block(language: string, text: string): string {
  return BLOCKS.find((found) => found.language === language && found.text.includes(text))?.text ?? ''
}

type Made = { createApiKey: { secret: string } }

/** What curl sends by a block. */
function curl(text: string, variables: Record<string, string>): Promise<Response> {
  const filled = text.replace(/\$(\w+)/g, (_, name: string) => variables[name] ?? '')
  const [, url = ''] = /curl -s (\S+)/.exec(filled) ?? []
  const headers = [...filled.matchAll(/-H ["'](\S+): (.*?)["']/g)].map(([, name = '', value = '']) => [name, value])
  const form = /--data-urlencode "token=(.*)"/.exec(filled)?.[1]
  const body = form === undefined ? /-d '(.*)'/.exec(filled)?.[1] : new URLSearchParams({ token: form })
  const target = url.replace('http://localhost:4000', app.url)
  return fetch(target, { method: 'POST', headers: Object.fromEntries(headers), body: body ?? null })
}

it('the page of keys makes a key that does what it says', async () => {
  const { createApiKey } = await alice.client.get<Made, undefined>(block('graphql', 'Nightly report'))
  expect(createApiKey.secret).toMatch(new RegExp(`^${/`(gatehouse_\[.*?)`/.exec(PAGE)?.[1]}$`))
  const answer = await curl(block('sh', '/graphql'), { KEY: createApiKey.secret })
  expect(await answer.json()).toEqual({
    data: { me: { username: alice.username, permissions: ['PROFILE_READ', 'ACTIVITY_READ_OWN'] } },
  })
})

it('the page of keys asks for a token in three ways, and each tells the same', async () => {
  const { createApiKey } = await chief.client.get<Made, undefined>(block('graphql', 'TOKEN_INTROSPECT'))
  const shown = JSON.parse(block('json', '"active"')) as object
  const answer = await curl(block('sh', '/oauth/introspect'), { KEY: createApiKey.secret, TOKEN: alice.accessToken })
  const told = (await answer.json()) as Record<string, unknown>
  expect(Object.keys(told)).toEqual(Object.keys(shown))
  const { sub, sid, iat, exp, ...others } = told
  expect(shown).toMatchObject(others)

  const { config, scopesOf } = examples.createIntrospection(app.url, createApiKey.secret)
  allowInsecureRequests(config)
  expect(await scopesOf(alice.accessToken)).toEqual(String(told.scope).split(' '))
  const verify = examples.createVerifier(app.url)
  expect(await verify(alice.accessToken)).toEqual({ userId: sub, sessionId: sid, roles: ['user'] })

  // What offline checks do not see.
  const role = await giveRole(app, chief, alice.id, ['PROFILE_READ'])
  expect(await scopesOf(alice.accessToken)).toEqual(['profile:read'])
  expect(await verify(alice.accessToken)).toMatchObject({ roles: ['user'] })
  const again = await signIn(app, alice.username)
  expect(await verify(again.accessToken)).toMatchObject({ roles: [role] })
  await alice.client.get('mutation { logout { sessionId } }')
  expect(await scopesOf(alice.accessToken)).toBeNull()
  expect(await verify(alice.accessToken)).toMatchObject({ userId: sub })
})

it('the page of keys names every field with API_KEY in its @access', () => {
  const lines = Object.entries({ ...permissionMap.Query, ...permissionMap.Mutation })
  const fields = lines.filter(([, { by }]) => by.includes(Caller.API_KEY)).map(([name]) => name)
  expect(fields).toHaveLength(11)
  for (const field of fields) expect(PAGE).toContain(`\`${field}\``)
})
