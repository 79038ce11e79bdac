import type { ApolloServerPlugin } from '@apollo/server'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { post } from '../http/http-client.ts'
import { startTestServer, type TestContext, type TestServer } from '../http/test-server.ts'

/** The calls of a project's plugin, in order. */
const events: string[] = []

const tracer: ApolloServerPlugin<TestContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operationName }) => void events.push(`resolved ${operationName}`),
    executionDidStart: async () => ({
      willResolveField: ({ info }) => {
        const field = `${info.parentType.name}.${info.fieldName}`
        events.push(`begin ${field}`)
        return (error) => void events.push(`${error ? 'failed' : 'end'} ${field}`)
      },
      executionDidEnd: async () => void events.push('executed'),
    }),
    willSendResponse: async ({ response }) => {
      const errors = response.body.kind === 'single' ? response.body.singleResult.errors : undefined
      events.push(`answer ${errors?.[0]?.message ?? 'without errors'}`)
    },
  }),
}

let server: TestServer

beforeAll(async () => {
  server = await startTestServer({}, { plugins: [tracer] })
})
beforeEach(() => {
  events.length = 0
})
afterAll(() => server.close())

test('a plugin of the project sees the execution and each field of it', async () => {
  await post(server.graphql, { query: 'query Who { me { name } }' })
  expect(events).toEqual([
    'resolved Who',
    'begin Query.me',
    'end Query.me',
    'begin User.name',
    'end User.name',
    'executed',
    'answer without errors',
  ])
})

test('it runs after the plugin of the service: refused operations do not execute, and errors are safe already', async () => {
  await post(server.graphql, { query: 'query Costly { users(first: 5000) { nodes { id } } }' })
  expect(events.filter((event) => !event.startsWith('resolved'))).toEqual([
    'answer The operation costs more than 5000.',
  ])
  events.length = 0
  await post(server.graphql, { query: 'query Fault { plainFault(text: "secret") }' })
  expect(events).toContain('failed Query.plainFault')
  expect(events.at(-1)).toBe('answer Internal server error')
})
