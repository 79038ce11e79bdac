import DataLoader from 'dataloader'
import type { RoleService, RoleView } from './role.service.ts'

/**
 * Roles by name; built-in ones without a statement. One that was removed after the account was read permits nothing.
 */
export function createRoleLoader(roles: RoleService): DataLoader<string, RoleView> {
  return new DataLoader(async (names) => {
    const found = new Map((await roles.findByNames(names)).map((role) => [role.name, role]))
    return names.map((name) => found.get(name) ?? { name, description: null, permissions: [], isBuiltIn: false })
  })
}

/** How many accounts have each role, in one statement. */
export function createUserCountLoader(roles: RoleService): DataLoader<string, number> {
  return new DataLoader((names) => roles.countUsers(names))
}
