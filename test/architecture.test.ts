import { describe, expect, test } from 'vitest'
import { fileFaults, findCycles } from './architecture/file-rules.ts'
import { importFaults } from './architecture/import-rules.ts'
import { parseSource, readSourceFiles } from './architecture/source-file.ts'

const files = readSourceFiles()

describe('the sources', () => {
  test('are read', () => {
    const names = files.map(({ path }) => path)
    expect(names).toEqual(expect.arrayContaining(['app.ts', 'context.ts', 'users/user.service.ts', 'schema.ts']))
    expect(files.find(({ path }) => path === 'app.ts')?.imports.length).toBeGreaterThan(5)
  })

  test('import only what their layer and feature may', () => {
    expect(files.flatMap(importFaults)).toEqual([])
  })

  test('are small, well named, and leave process.env to the configuration', () => {
    expect(files.flatMap(fileFaults)).toEqual([])
  })

  test('have no cycles', () => {
    expect(findCycles(files)).toEqual([])
  })
})

describe('the import rules find', () => {
  test.each([
    ['users/user.entity.ts', "import { Field } from 'type-graphql'"],
    ['users/user.entity.ts', "import type { UserService } from './user.service.ts'"],
    ['users/user.entity.ts', "import { randomUUID } from 'node:crypto'"],
    ['users/user.repository.ts', "import { NotFoundError } from '../errors.ts'"],
    ['users/user.repository.ts', "import type { ActivityService } from '../activity/activity.service.ts'"],
    ['users/user.service.ts', "import { GraphQLError } from 'graphql'"],
    ['users/user.service.ts', "import type { FastifyRequest } from 'fastify'"],
    ['users/user.service.ts', "import { UserType } from './user.types.ts'"],
    ['users/user.resolver.ts', "import { UserRepository } from './user.repository.ts'"],
    ['users/user.resolver.ts', "import { User } from './user.entity.ts'"],
    ['users/user.resolver.ts', "import type { EntityManager } from '@mikro-orm/core'"],
    ['users/user.resolver.ts', "import { AppContext } from '../context.ts'"],
    ['users/user.types.ts', "import type { User } from './user.entity.ts'"],
    ['users/user.inputs.ts', "export { UserService } from './user.service.ts'"],
    ['authorization/rules.ts', "import { UserRepository } from '../users/user.repository.ts'"],
    ['authorization/permission-map.ts', "const service = await import('./authorization.service.ts')"],
    ['users/account.ts', "import type { TokenService } from '../auth/token.service.ts'"],
    ['sessions/session.service.ts', "import { UserService } from '../users/user.service.ts'"],
    ['activity/activity.service.ts', "import { SessionRepository } from '../sessions/session.repository.ts'"],
    ['graphql/root-fields.ts', "import { ActivityAction } from '../activity/actions.ts'"],
    ['graphql/plugin.ts', "import type { Viewer } from '../authorization/viewer.ts'"],
    ['graphql/plugin.ts', "import { GRAPHQL_PATH } from '../http/http-errors.ts'"],
    ['context.ts', "import type { RunningServer } from './http/server.ts'"],
    ['http/health.ts', "import { createApp } from '../app.ts'"],
    ['cache/stores.ts', "import '../main.ts'"],
  ])('%s: %s', (path, text) => {
    expect(importFaults(parseSource(path, text))).not.toEqual([])
  })
})

test.each([
  ['users/user.entity.ts', "import { Entity } from '@mikro-orm/decorators/legacy'"],
  ['users/user.entity.ts', "import { UserRepository } from './user.repository.ts'"],
  ['users/user.resolver.ts', "import type { AppContext } from '../context.ts'"],
  ['auth/auth.service.ts', "import { SessionService } from '../sessions/session.service.ts'"],
  ['app.ts', "import { AppContext } from './context.ts'"],
  ['app.ts', "import { startServer } from './http/server.ts'"],
  ['graphql/format-error.ts', "import { AppError } from '../errors.ts'"],
  ['http/server.ts', "import { Drain } from './drain.ts'"],
  ['users/user.service.ts', "// import { GraphQLError } from 'graphql'"],
])('the import rules let pass %s: %s', (path, text) => {
  expect(importFaults(parseSource(path, text))).toEqual([])
})

describe('the rules of files find', () => {
  test.each([
    ['users/user.service.ts', 'const { HOME } = process.env'],
    ['users/user.service.ts', "const home = process['env'].HOME"],
    ['utils/text.ts', ''],
    ['users/UserService.ts', ''],
    ['users/user.service.ts', 'export default class {}'],
    ['users/user.service.ts', '\n'.repeat(250).replaceAll('\n', 'void 0\n')],
    ['users/user.service.ts', Array.from({ length: 11 }, (_, n) => `import 'package-${n}'`).join('\n')],
  ])('%s: %j', (path, text) => {
    expect(fileFaults(parseSource(path, `${text}\nvoid 0`))).toHaveLength(1)
  })

  test('cycles over several files', () => {
    const ring = [
      parseSource('users/a.ts', "import { b } from './b.ts'"),
      parseSource('users/b.ts', "import type { c } from '../sessions/c.ts'"),
      parseSource('sessions/c.ts', "export * from '../users/a.ts'"),
    ]
    expect(findCycles(ring)).toEqual(['users/a.ts > users/b.ts > sessions/c.ts > users/a.ts'])
    expect(findCycles(ring.slice(0, 2))).toEqual([])
  })
})

test('comments are no code', () => {
  expect(fileFaults(parseSource('users/a.ts', '/** process.env */ // process.env\nexport const a = 1'))).toEqual([])
})
