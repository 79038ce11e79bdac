import { type ValidationError, validateSync } from 'class-validator'
import { type GraphQLResolveInfo, getNamedType } from 'graphql'
import { getMetadataStorage, type ValidatorFn } from 'type-graphql'
import { BadUserInputError, type FieldFault, type FieldFaultCode } from '../errors.ts'

/**
 * For TypeGraphQL's `validateFn`: checks the decorators of an input and throws all its faults at once, with paths such
 * as `input.username`. TypeGraphQL calls it for scalar arguments too, which have nothing to check.
 */
export const validateArgument: ValidatorFn = (value, type, { info }) =>
  validateInput(value, () => argumentName(type, info))

/**
 * @param prefixOf path of the object, such as `input`; empty where its fields are arguments themselves. Called for
 *   faults only, since finding it takes longer than most checks.
 * @param others faults that decorators cannot know of, with their full path
 * @throws BadUserInputError with the faults of all levels
 */
export function validateInput(value: unknown, prefixOf: () => string, others: readonly FieldFault[] = []): void {
  if (typeof value !== 'object' || value === null) return
  const errors = (Array.isArray(value) ? value : [value]).flatMap(errorsOf)
  if (errors.length + others.length === 0) return
  const prefix = prefixOf()
  throw new BadUserInputError([...errors.flatMap((error) => flatten(error, prefix)), ...others])
}

function errorsOf(value: unknown): ValidationError[] {
  if (typeof value !== 'object' || value === null) return []
  // `target` and `value` would put the input, passwords included, into the errors.
  return validateSync(value, {
    forbidUnknownValues: false,
    validationError: { target: false, value: false },
  })
}

function flatten(error: ValidationError, prefix: string): FieldFault[] {
  const path = prefix === '' ? error.property : `${prefix}.${error.property}`
  const own = Object.entries(error.constraints ?? {}).map(([name, message]) => ({
    path,
    code: codeOf(error.contexts?.[name]),
    message,
  }))
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, path))]
}

function codeOf(context: { code?: FieldFaultCode } | undefined): FieldFaultCode {
  return context?.code ?? 'INVALID'
}

/** TypeGraphQL does not name the argument: it is the one of this input type, or none for an `@Args()` class. */
function argumentName(type: unknown, info: GraphQLResolveInfo): string {
  const inputType = getMetadataStorage().inputTypes.find(({ target }) => target === type)
  const argument = info.parentType
    .getFields()
    [info.fieldName]?.args.find((candidate) => getNamedType(candidate.type).name === inputType?.name)
  return argument?.name ?? ''
}
