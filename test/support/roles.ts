import type { App } from '../../src/app.ts'
import { type Person, signUp } from './story.ts'

export const CREATE_ROLE = `mutation ($input: CreateRoleInput!) {
  createRole(input: $input) { role { name description permissions isBuiltIn userCount } }
}`
export const UPDATE_ROLE = `mutation ($input: UpdateRoleInput!) {
  updateRole(input: $input) { role { name description permissions isBuiltIn } }
}`
export const DELETE_ROLE = 'mutation ($input: DeleteRoleInput!) { deleteRole(input: $input) { name movedUsers } }'
export const GIVE_ROLE = `mutation ($id: ID!, $role: String) {
  updateUser(input: { userId: $id, role: $role }) { user { id role { name } permissions } }
}`

let roles = 0

/** A role with an unused name. */
export async function makeRole(chief: Person, permissions: readonly string[]): Promise<string> {
  roles += 1
  const name = `role-${roles}`
  await chief.client.get(CREATE_ROLE, { input: { name, permissions } })
  return name
}

/** An account with a new role. */
export async function signUpWith(app: App, chief: Person, permissions: readonly string[]): Promise<Person> {
  const person = await signUp(app)
  await chief.client.get(GIVE_ROLE, { id: person.id, role: await makeRole(chief, permissions) })
  return person
}
