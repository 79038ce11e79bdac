import { MapperKind, mapSchema } from '@graphql-tools/utils'
import {
  type ConstDirectiveNode,
  DirectiveLocation,
  type FieldDefinitionNode,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLSchema,
  Kind,
  parse,
} from 'graphql'
import type { PermissionName } from './permissions.ts'
import { type Access, type AccessMap, Caller } from './rules.ts'

const callerType = new GraphQLEnumType({
  name: 'Caller',
  description: 'Who calls a root field.',
  values: {
    [Caller.ANYONE]: { description: 'Anybody, signed in or not.' },
    [Caller.SESSION]: { description: 'A session: an access token.' },
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
      const node = field.astNode ?? definitionOf(name)
      return { ...field, astNode: { ...node, directives: [...(node.directives ?? []), nodeOf(line, permissionType)] } }
    },
  })
}

function accessDirective(permissionType: GraphQLEnumType): GraphQLDirective {
  return new GraphQLDirective({
    name: 'access',
    description:
      'Who may call a root field, with which permission, and whether the password must have been given lately.',
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

function nodeOf({ by, permission }: Access, permissionType: GraphQLEnumType): ConstDirectiveNode {
  const needed = permission === undefined ? '' : `, permission: ${nameOf(permission, permissionType)}`
  const node = definitionOf('field', `@access(by: [${by.join(', ')}]${needed})`).directives?.[0]
  if (!node) throw new Error('A directive was not parsed')
  return node
}

function nameOf(permission: PermissionName, permissionType: GraphQLEnumType): string {
  const value = permissionType.getValues().find((candidate) => candidate.value === permission)
  if (!value) throw new Error(`The permission map names a permission that no feature has: ${permission}`)
  return value.name
}

function definitionOf(name: string, directives = ''): FieldDefinitionNode {
  const [definition] = parse(`type T { ${name}: Boolean ${directives} }`).definitions
  const field = definition?.kind === Kind.OBJECT_TYPE_DEFINITION ? definition.fields?.[0] : undefined
  if (!field) throw new Error('A field was not parsed')
  return field
}
