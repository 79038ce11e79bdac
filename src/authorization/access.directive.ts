import { MapperKind, mapSchema } from '@graphql-tools/utils'
import {
  DirectiveLocation,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLSchema,
} from 'graphql'
import { type Access, type AccessMap, Caller } from './rules.ts'

const callerType = new GraphQLEnumType({
  name: 'Caller',
  description: 'Who calls a root field.',
  values: {
    [Caller.ANYONE]: { description: 'Anybody, signed in or not.' },
    [Caller.SESSION]: { description: 'A session: an access token.' },
    [Caller.API_KEY]: { description: 'An API key.' },
  },
})

/** Adds `@access` to each root field, so that clients read in the schema what the rules enforce. */
export function printAccess(schema: GraphQLSchema, access: AccessMap): GraphQLSchema {
  const permissionType = schema.getType('Permission')
  if (!(permissionType instanceof GraphQLEnumType)) throw new Error('The schema has no enum Permission')
  const directives = [...schema.getDirectives(), accessDirective(permissionType)]
  const withDirective = new GraphQLSchema({ ...schema.toConfig(), directives })
  return mapSchema(withDirective, {
    [MapperKind.ROOT_FIELD]: (field, name, type) => {
      const line = type === 'Query' ? access.Query?.[name] : access.Mutation?.[name]
      if (!line) return field
      assertIsKnown(line, permissionType)
      const { by, permission, fresh = false } = line
      // Where GraphQL Tools look for directives of a schema that is made by code.
      const directives = { access: { by, ...(permission !== undefined && { permission }), ...(fresh && { fresh }) } }
      return { ...field, extensions: { ...field.extensions, directives } }
    },
  })
}

function accessDirective(permissionType: GraphQLEnumType): GraphQLDirective {
  return new GraphQLDirective({
    name: 'access',
    description:
      'Who may call a root field: who comes, with which permission, and whether the password must have been given lately. Printed on every root field.',
    locations: [DirectiveLocation.FIELD_DEFINITION],
    args: {
      by: {
        type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(callerType))),
        description: 'Who may come.',
      },
      permission: { type: permissionType, description: 'What the role has to permit.' },
      fresh: {
        type: new GraphQLNonNull(GraphQLBoolean),
        defaultValue: false,
        description: 'Whether the password must have been given lately.',
      },
    },
  })
}

function assertIsKnown({ permission }: Access, permissionType: GraphQLEnumType): void {
  const isKnown = permission === undefined || permissionType.getValues().some(({ value }) => value === permission)
  if (!isKnown) throw new Error(`A line of access names a permission that no feature has: ${permission}`)
}
