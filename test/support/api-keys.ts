import type { App } from '../../src/app.ts'
import { type Answer, TestClient } from './client.ts'
import { GIVE_ROLE, makeRole } from './roles.ts'
import { type Person, signIn } from './story.ts'
import type { Entry } from './tokens.ts'

export interface ApiKey {
  id: string
  name: string
  hint: string
  permissions: string[]
  createdAt: string
  expiresAt: string
  lastUsedAt: string | null
}

export interface NewKey extends ApiKey {
  secret: string
  /** Calls the service by the key. */
  client: TestClient
}

export interface KeyEntry extends Entry {
  apiKeyId: string | null
}

const FIELDS = 'id name hint permissions createdAt expiresAt lastUsedAt'
const CREATE = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { ${FIELDS} } } }`
export const UPDATE_USER = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id isActive } } }'

/** `createApiKey`, whatever the answer. */
export function askForKey(
  { client }: Pick<Person, 'client'>,
  input: object,
): Promise<Answer<{ createApiKey: { apiKey: ApiKey; secret: string } | null }>> {
  return client.run(CREATE, { input: { name: 'a key', permissions: ['PROFILE_READ'], ...input } })
}

/** A key of somebody whose session is fresh. */
export async function makeKey(
  app: Pick<App, 'url'>,
  owner: Pick<Person, 'client'>,
  permissions: string[],
  more: object = {},
): Promise<NewKey> {
  const { data, errors } = await askForKey(owner, { permissions, ...more })
  if (!data?.createApiKey) throw new Error(`No key: ${JSON.stringify(errors)}`)
  const { apiKey, secret } = data.createApiKey
  return { ...apiKey, secret, client: new TestClient(app.url, { token: secret }) }
}

/** The codes of `revokeApiKey`. */
export async function revokeKey({ client }: Pick<Person, 'client'>, id: string): Promise<string[]> {
  return (await client.run('mutation ($id: ID!) { revokeApiKey(input: { apiKeyId: $id }) { apiKeyId } }', { id })).codes
}

export async function keysOf({ client }: Pick<Person, 'client'>): Promise<ApiKey[]> {
  type Own = { me: { apiKeys: ApiKey[] } }
  return (await client.get<Own, undefined>(`{ me { apiKeys { ${FIELDS} } } }`)).me.apiKeys
}

/** Gives an account a new role that permits just this, by a new session of an administrator. */
export async function giveRole(app: App, chief: Person, id: string, permissions: string[]): Promise<string> {
  const administrator = await signIn(app, chief.username)
  const role = await makeRole(administrator, permissions)
  await administrator.client.get(GIVE_ROLE, { id, role })
  return role
}

/** What an account did, oldest first. */
export async function deedsOf({ client }: Pick<Person, 'client'>, actorId: string): Promise<KeyEntry[]> {
  const document = `query ($filter: ActivityFilter) {
    activities(first: 100, filter: $filter) { nodes { action userId actorId details apiKeyId } }
  }`
  type Deeds = { activities: { nodes: KeyEntry[] } }
  return (await client.get<Deeds, object>(document, { filter: { actorId } })).activities.nodes.reverse()
}
