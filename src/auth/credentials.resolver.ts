import { Arg, Ctx, Directive, Mutation, Resolver } from 'type-graphql'
import type { AppContext } from '../context.ts'
import { ChangeEmailInput, ChangePasswordInput, DeleteProfileInput, ReauthenticateInput } from './auth.inputs.ts'
import { ChangeEmailPayload, ChangePasswordPayload, DeleteProfilePayload, ReauthenticatePayload } from './auth.types.ts'

@Resolver()
export class CredentialsResolver {
  @Directive('@rateLimit(limit: 10, duration: 60)')
  @Mutation(() => ReauthenticatePayload, {
    nullable: true,
    description:
      'Proves again who is here: the password and, where there is one, the second factor. What needs a fresh session then works for REAUTHENTICATION_TTL.',
  })
  async reauthenticate(
    @Arg('input', () => ReauthenticateInput, { description: 'What a sign-in would ask for.' }) {
      password,
      secondFactor = null,
    }: ReauthenticateInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<ReauthenticatePayload> {
    return { session: await services.reauthentication.reauthenticate(viewer.requiredSession, password, secondFactor) }
  }

  @Directive('@rateLimit(limit: 10, duration: 60)')
  @Mutation(() => ChangeEmailPayload, {
    nullable: true,
    description:
      'Own e-mail address; asks for the current password. With mail set up, the new address waits in pendingEmail until its owner confirms it; without, it is changed at once.',
  })
  async changeEmail(
    @Arg('input', () => ChangeEmailInput, { description: 'The new address.' }) {
      email,
      currentPassword,
    }: ChangeEmailInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<ChangeEmailPayload> {
    return { user: await services.credentials.changeEmail(viewer.requiredSession, email, currentPassword) }
  }

  @Directive('@rateLimit(limit: 10, duration: 60)')
  @Mutation(() => ChangePasswordPayload, {
    nullable: true,
    description: 'Own password; asks for the current one and ends every other session.',
  })
  async changePassword(
    @Arg('input', () => ChangePasswordInput, { description: 'The new password.' }) {
      currentPassword,
      newPassword,
    }: ChangePasswordInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<ChangePasswordPayload> {
    return services.credentials.changePassword(viewer.requiredSession, currentPassword, newPassword)
  }

  @Directive('@rateLimit(limit: 10, duration: 60)')
  @Mutation(() => DeleteProfilePayload, {
    nullable: true,
    description:
      "Removes the account as deleteUser does, and clears the addresses in its activity. Own: profile:delete and the current password. Another's: profile:delete_any.",
  })
  async deleteProfile(
    @Arg('input', () => DeleteProfileInput, { description: 'The account to remove.' }) input: DeleteProfileInput,
    @Ctx() { viewer, services, sessionEnds }: AppContext,
  ): Promise<DeleteProfilePayload> {
    const userId = input.userId ?? viewer.requiredSession.user.id
    await services.credentials.deleteProfile(viewer.requiredSession, userId, input.currentPassword ?? null)
    sessionEnds.ofUser(userId)
    return { userId }
  }
}
