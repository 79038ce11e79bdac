import { IsDefined, ValidateBy, ValidateIf, type ValidationArguments } from 'class-validator'
import type { FieldFaultCode } from '../errors.ts'
import { checkLength, checkPlainText, type LengthBounds } from '../plain-text.ts'

export interface FieldRule {
  code: FieldFaultCode
  /** Never holds the value. */
  message: string
}

/**
 * A property decorator that reports each broken rule with its code, carried in class-validator's `context`.
 * Null and undefined pass: the schema and `@OptionalNotNull()` decide whether a field may be missing.
 * @param check the codes that a text breaks; called once for each rule
 */
export function FollowsRules(
  name: string,
  rules: readonly FieldRule[],
  check: (value: string, args?: ValidationArguments) => readonly FieldFaultCode[],
): PropertyDecorator {
  return (target, property) => {
    for (const { code, message } of rules) {
      const validate = (value: unknown, args?: ValidationArguments) => !codesOf(value, args).includes(code)
      ValidateBy({ name: `${name}.${code}`, validator: { validate } }, { message, context: { code } })(target, property)
    }
  }

  function codesOf(value: unknown, args?: ValidationArguments): readonly FieldFaultCode[] {
    if (value === undefined || value === null) return []
    return typeof value === 'string' ? check(value, args) : ['INVALID']
  }
}

/** For updates: the field may be left out, and an explicit null is REQUIRED. */
export function OptionalNotNull(): PropertyDecorator {
  const message = 'This may be left out, but not be null.'
  return (target, property) => {
    ValidateIf((_, value) => value !== undefined)(target, property)
    IsDefined({ message, context: { code: 'REQUIRED' satisfies FieldFaultCode } })(target, property)
  }
}

/** Bounds the length of a text in code points, both included. */
export function HasLength(bounds: LengthBounds): PropertyDecorator {
  return FollowsRules('hasLength', lengthRules(bounds), (value) => checkLength(value, bounds))
}

/** A text for people. Surrounding white space is not counted; the service removes it: `plainTextOf`. */
export function IsPlainText(bounds: LengthBounds): PropertyDecorator {
  const rules: FieldRule[] = [
    ...lengthRules(bounds),
    { code: 'INVALID', message: 'It holds no control or direction characters.' },
  ]
  return FollowsRules('isPlainText', rules, (value) => checkPlainText(value, bounds))
}

function lengthRules({ min = 0, max }: LengthBounds): FieldRule[] {
  return [
    { code: 'TOO_SHORT', message: `At least ${min} characters.` },
    { code: 'TOO_LONG', message: `At most ${max} characters.` },
  ]
}
