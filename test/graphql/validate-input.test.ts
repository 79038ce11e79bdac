import 'reflect-metadata'
import { Min, ValidateNested } from 'class-validator'
import { graphql } from 'graphql'
import { Arg, Args, ArgsType, buildSchema, Field, InputType, Int, Query, Resolver } from 'type-graphql'
import { describe, expect, it } from 'vitest'
import { BadUserInputError } from '../../src/errors.ts'
import { HasLength, OptionalNotNull } from '../../src/graphql/field-rules.ts'
import { validateArgument, validateInput } from '../../src/graphql/validate-input.ts'
import { IsNewPassword } from '../../src/passwords/password.validators.ts'
import { IsDisplayName, IsEmailAddress, IsUsername } from '../../src/users/identity.validators.ts'

@InputType()
class AccountInput {
  @Field(() => String)
  @IsUsername()
  username!: string

  @Field(() => String)
  @IsEmailAddress()
  email!: string

  @Field(() => String)
  @IsNewPassword()
  password!: string

  @Field(() => String, { nullable: true })
  @IsDisplayName()
  displayName?: string | null
}

@InputType()
class ChangeInput {
  @Field(() => String, { nullable: true })
  @OptionalNotNull()
  @IsUsername()
  username?: string | null

  @Field(() => Boolean, { nullable: true })
  @OptionalNotNull()
  isActive?: boolean | null

  @Field(() => Int, { nullable: true })
  @OptionalNotNull()
  @Min(0, { message: 'At least 0.', context: { code: 'OUT_OF_RANGE' } })
  seconds?: number | null
}

@InputType()
class SearchFilter {
  @Field(() => String, { nullable: true })
  @HasLength({ min: 1, max: 3 })
  search?: string | null
}

@ArgsType()
class SearchArgs {
  @Field(() => Int, { nullable: true })
  @Min(1, { message: 'At least 1.', context: { code: 'OUT_OF_RANGE' } })
  limit: number = 1

  @Field(() => SearchFilter, { nullable: true })
  @ValidateNested()
  filter?: SearchFilter | null
}

@Resolver()
class TestResolver {
  @Query(() => String)
  open(@Arg('input', () => AccountInput) input: AccountInput): string {
    return input.username
  }

  @Query(() => String)
  change(@Arg('input', () => ChangeInput) input: ChangeInput): string {
    return Object.keys(input).join()
  }

  @Query(() => String)
  search(
    @Arg('first', () => Int, { nullable: true }) first: number | null,
    @Arg('filter', () => SearchFilter, { nullable: true }) filter: SearchFilter | null,
  ): string {
    return `${first} ${filter?.search}`
  }

  @Query(() => String)
  searchAll(@Args(() => SearchArgs) args: SearchArgs): string {
    return String(args.limit)
  }
}

const schema = await buildSchema({ resolvers: [TestResolver], validateFn: validateArgument })

/** `path code` of each fault, sorted, or the answer without faults. */
async function ask(source: string): Promise<unknown> {
  const { data, errors } = await graphql({ schema, source })
  const original = errors?.[0]?.originalError
  if (!original) return errors?.[0]?.message ?? Object.values({ ...data })[0]
  if (!(original instanceof BadUserInputError)) throw original
  return original.fields.map(({ path, code }) => `${path} ${code}`).toSorted()
}

describe('the validation of inputs', () => {
  it('lists every fault of every field at once', async () => {
    const faults = await ask(
      '{ open(input: { username: "a!", email: "nobody", password: "a!", displayName: "\\u0000" }) }',
    )
    expect(faults).toEqual([
      'input.displayName INVALID',
      'input.email INVALID',
      'input.password NEEDS_LETTER_AND_DIGIT',
      'input.password TOO_SHORT',
      'input.username INVALID',
      'input.username TOO_SHORT',
    ])
  })

  it('lets good inputs through, null and empty display names included', async () => {
    const rest = 'email: "bob@example.com", password: "violet river 7"'
    expect(await ask(`{ open(input: { username: " bob ", ${rest} }) }`)).toBe(' bob ')
    expect(await ask(`{ open(input: { username: "bob", ${rest}, displayName: null }) }`)).toBe('bob')
    expect(await ask(`{ open(input: { username: "bob", ${rest}, displayName: "" }) }`)).toBe('bob')
  })

  it('knows the username and e-mail address beside a new password', async () => {
    const identity = 'username: "marigold", email: "tulip@example.com"'
    const contains = ['input.password CONTAINS_IDENTIFIER']
    expect(await ask(`{ open(input: { ${identity}, password: "7Marigold" }) }`)).toEqual(contains)
    expect(await ask(`{ open(input: { ${identity}, password: "7TULIP890" }) }`)).toEqual(contains)
  })

  it('tells null from left out where null means nothing', async () => {
    expect(await ask('{ change(input: { username: null, isActive: null, seconds: -1 }) }')).toEqual([
      'input.isActive REQUIRED',
      'input.seconds OUT_OF_RANGE',
      'input.username REQUIRED',
    ])
    expect(await ask('{ change(input: {}) }')).toBe('')
    expect(await ask('{ change(input: { isActive: false, seconds: 0 }) }')).toBe('isActive,seconds')
  })

  it('names the argument that the input is of, and counts code points', async () => {
    expect(await ask('{ search(filter: { search: "" }) }')).toEqual(['filter.search TOO_SHORT'])
    expect(await ask('{ search(first: 1, filter: { search: "abcd" }) }')).toEqual(['filter.search TOO_LONG'])
    expect(await ask('{ search(first: 1, filter: { search: "\u{1f600}\u{1f600}\u{1f600}" }) }')).toContain('1 ')
    expect(await ask('{ search(filter: null) }')).toBe('undefined undefined')
  })

  it('gives the fields of an argument class their own names, nested ones below', async () => {
    expect(await ask('{ searchAll(limit: 0, filter: { search: "abcd" }) }')).toEqual([
      'filter.search TOO_LONG',
      'limit OUT_OF_RANGE',
    ])
    expect(await ask('{ searchAll }')).toBe('1')
  })

  it('never holds a value that was sent', () => {
    const input = Object.assign(new AccountInput(), { username: 's3cret!', email: 's3cret', password: 's3cret' })
    const error = catchError(() => validateInput(input, () => 'input'))
    expect(error).toBeInstanceOf(BadUserInputError)
    expect(JSON.stringify([error, { ...(error as object) }, String(error)])).not.toContain('s3cret')
  })
})

function catchError(work: () => void): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}
