import {
  astFromValue,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  print,
} from 'graphql'

/** One named thing of a schema. */
export interface Element {
  /** Its place and its type: `User.activities(first: Int)`, `LoginInput.transport: TokenTransport! = BODY`. */
  line: string
  name: string
  kind: 'type' | 'field' | 'argument' | 'input field' | 'enum value' | 'directive'
  description: string | null
}

type Described = { name: string; description?: string | null }

/** Every named thing of a schema, except for what GraphQL itself defines. */
export function elementsOf(schema: GraphQLSchema): Element[] {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  )
  const directives = schema.getDirectives().filter((directive) => !isSpecifiedDirective(directive))
  return [
    ...types.flatMap((type): Element[] => {
      const own = element('type', type, `${type.constructor.name} ${type.name}`)
      if (isObjectType(type)) return [own, ...Object.values(type.getFields()).flatMap((it) => fieldOf(type.name, it))]
      if (isInputObjectType(type))
        return [own, ...Object.values(type.getFields()).map((it) => input('input field', `${type.name}.`, it))]
      if (isEnumType(type))
        return [own, ...type.getValues().map((it) => element('enum value', it, `${type.name}.${it.name}`))]
      return [own]
    }),
    ...directives.flatMap((directive) => [
      element('directive', directive, `@${directive.name} on ${directive.locations.toSorted().join(' | ')}`),
      ...directive.args.map((it) => input('argument', `@${directive.name}.`, it)),
    ]),
  ]
}

function fieldOf(type: string, field: Described & { type: unknown; args: readonly GraphQLArgument[] }): Element[] {
  const place = `${type}.${field.name}`
  return [
    element('field', field, `${place}: ${field.type}`),
    ...field.args.map((it) => input('argument', `${place}.`, it)),
  ]
}

function input(kind: Element['kind'], prefix: string, it: GraphQLArgument | GraphQLInputField): Element {
  const value = it.defaultValue === undefined ? null : astFromValue(it.defaultValue, it.type)
  return element(kind, it, `${prefix}${it.name}: ${it.type}${value ? ` = ${print(value)}` : ''}`)
}

function element(kind: Element['kind'], { name, description }: Described, line: string): Element {
  return { kind, name, line, description: description ?? null }
}
