import { Arg, Ctx, Directive, Mutation, Resolver } from 'type-graphql'
import type { AppContext } from '../context.ts'
import { MailTokenInput, RequestPasswordResetInput, ResetPasswordInput } from './recovery.inputs.ts'
import {
  RequestMailPayload,
  ResetPasswordPayload,
  RevertEmailChangePayload,
  VerifyEmailPayload,
} from './recovery.types.ts'

const TOKEN_LIMIT = '@rateLimit(limit: 30, duration: 600)'
const ACCEPTED = { accepted: true }

/** What the links of mails do, and what asks for such mails. With mail off all of it is NOT_CONFIGURED. */
@Resolver()
export class RecoveryResolver {
  @Directive('@rateLimit(limit: 5, duration: 3600)')
  @Mutation(() => RequestMailPayload, {
    nullable: true,
    description: 'Sends the mail that confirms the own address (again), or the pending one where there is one.',
  })
  async requestEmailVerification(@Ctx() { viewer, services }: AppContext): Promise<RequestMailPayload> {
    await services.emailVerification.request(viewer.required)
    return ACCEPTED
  }

  @Directive(TOKEN_LIMIT)
  @Mutation(() => VerifyEmailPayload, {
    nullable: true,
    description:
      'Confirms an address by the token of a mail: the present one, or the pending one, which then becomes the address. Anyone who holds the token.',
  })
  async verifyEmail(
    @Arg('input', () => MailTokenInput, { description: 'The token.' }) { token }: MailTokenInput,
    @Ctx() { services }: AppContext,
  ): Promise<VerifyEmailPayload> {
    return services.emailVerification.verify(token)
  }

  @Directive(TOKEN_LIMIT)
  @Mutation(() => RevertEmailChangePayload, {
    nullable: true,
    description:
      'Takes a change of the e-mail address back by the token in the mail to the old one; ends every session and the password. Anyone who holds the token.',
  })
  async revertEmailChange(
    @Arg('input', () => MailTokenInput, { description: 'The token.' }) { token }: MailTokenInput,
    @Ctx() { services, sessionEnds }: AppContext,
  ): Promise<RevertEmailChangePayload> {
    const reverted = await services.emailChanges.revert(token)
    sessionEnds.ofUser(reverted.userId)
    return reverted
  }

  @Directive('@rateLimit(limit: 10, duration: 3600)')
  @Mutation(() => RequestMailPayload, {
    nullable: true,
    description: 'Mails a link that sets a new password. Anyone; the answer says nothing about who has an account.',
  })
  async requestPasswordReset(
    @Arg('input', () => RequestPasswordResetInput, { description: 'Whose.' }) { email }: RequestPasswordResetInput,
    @Ctx() { services }: AppContext,
  ): Promise<RequestMailPayload> {
    await services.passwordReset.request(email)
    return ACCEPTED
  }

  @Directive(TOKEN_LIMIT)
  @Mutation(() => ResetPasswordPayload, {
    nullable: true,
    description:
      'Sets a new password by the token of a mail and ends every session. Signs nobody in. Anyone who holds the token.',
  })
  async resetPassword(
    @Arg('input', () => ResetPasswordInput, { description: 'The token and the password.' })
    { token, newPassword }: ResetPasswordInput,
    @Ctx() { services, sessionEnds }: AppContext,
  ): Promise<ResetPasswordPayload> {
    const reset = await services.passwordReset.reset(token, newPassword)
    sessionEnds.ofUser(reset.userId)
    return reset
  }
}
