import type { TestClient } from './client.ts'
import { CREATE_ROLE, GIVE_ROLE } from './roles.ts'
import type { Person } from './story.ts'

/** An API key, and a client that calls the service with it. */
export interface Key {
  readonly id: string
  readonly secret: string
  readonly client: TestClient
}

const CREATE_KEY = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } secret } }'

/** @param chief whose session is fresh */
export async function createRole(chief: Person, name: string, permissions: readonly string[]): Promise<void> {
  await chief.client.get(CREATE_ROLE, { input: { name, permissions } })
}

/** @param chief whose session is fresh */
export async function giveRole(chief: Person, { id }: Pick<Person, 'id'>, role: string): Promise<void> {
  await chief.client.get(GIVE_ROLE, { id, role })
}

/** @param permissions as the enum `Permission` spells them. @param owner whose session is fresh */
export async function createKey(owner: Person, permissions: readonly string[]): Promise<Key> {
  const { createApiKey } = await owner.client.get<{ createApiKey: { apiKey: { id: string }; secret: string } }, object>(
    CREATE_KEY,
    { input: { name: 'key', permissions } },
  )
  const { apiKey, secret } = createApiKey
  return { id: apiKey.id, secret, client: owner.client.with({ token: secret }) }
}
