import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { FieldErrorCode } from '../errors.ts'

registerEnumType(FieldErrorCode, {
  name: 'FieldErrorCode',
  description: 'The code of one entry of extensions.fields.',
  valuesConfig: {
    REQUIRED: { description: 'A value is needed.' },
    INVALID: { description: 'The value has another form than the field asks for.' },
    OUT_OF_RANGE: { description: 'The number or moment is too small or too large.' },
    TOO_SHORT: { description: 'The text has too few characters.' },
    TOO_LONG: { description: 'The text has too many characters or bytes.' },
    NEEDS_LETTER_AND_DIGIT: { description: 'A password of fewer than 15 characters needs a letter and a digit.' },
    TOO_COMMON: { description: 'The password is one that many use.' },
    CONTAINS_IDENTIFIER: { description: "The password contains the username or the e-mail address's local part." },
    TAKEN: { description: 'Another account has the value; only with CONFLICT.' },
  },
})

/** No field returns it: `extensions` has no type in GraphQL, and clients generate theirs from this one. */
@ObjectType('FieldError', {
  description: 'One entry of extensions.fields: what a typed client maps it to.',
  simpleResolvers: true,
})
export class FieldErrorType {
  @Field(() => String, { description: 'Where the value stands in the arguments: input.username, first.' })
  path!: string

  @Field(() => FieldErrorCode, { description: 'The rule that it breaks.' })
  code!: keyof typeof FieldErrorCode

  @Field(() => String, { description: 'A sentence for people; it never repeats the value.' })
  message!: string
}
