import { ValidateBy } from 'class-validator'
import { Field, ID, InputType } from 'type-graphql'
import type { FieldFaultCode } from '../errors.ts'

@InputType('SecondFactorInput', { description: 'Exactly one of the two.' })
export class SecondFactorInput {
  @Field(() => String, { nullable: true, description: 'Six digits of the authenticator app.' })
  code?: string | null

  @Field(() => String, {
    nullable: true,
    description: 'One of the recovery codes, in any case, with or without its dashes.',
  })
  recoveryCode?: string | null
}

/** For a field of type SecondFactorInput: either of the two, and not both. Null and undefined pass. */
export function IsSecondFactor(): PropertyDecorator {
  return (target, property) => {
    check('isSecondFactor.some', 'REQUIRED', 'Give a code or a recovery code.', (given) => given > 0)(target, property)
    check(
      'isSecondFactor.one',
      'INVALID',
      'Give a code or a recovery code, not both.',
      (given) => given < 2,
    )(target, property)
  }
}

function check(
  name: string,
  code: FieldFaultCode,
  message: string,
  holds: (given: number) => boolean,
): PropertyDecorator {
  const validate = (value: SecondFactorInput | null | undefined) =>
    value == null || holds([value.code, value.recoveryCode].filter((text) => text != null).length)
  return ValidateBy({ name, validator: { validate } }, { message, context: { code } })
}

@InputType('ConfirmTotpInput', { description: 'What the app shows.' })
export class ConfirmTotpInput {
  @Field(() => String, { description: 'Six digits of the authenticator app.' })
  code!: string
}

@InputType('ResetSecondFactorInput', { description: 'The account whose second factor is turned off.' })
export class ResetSecondFactorInput {
  @Field(() => ID, { description: 'The account; not the own one.' })
  userId!: string
}
