import { Arg, Ctx, FieldResolver, Int, Mutation, Resolver, Root } from 'type-graphql'
import { Permission } from '../authorization/permissions.ts'
import type { AppContext } from '../context.ts'
import { DateTimeScalar } from '../graphql/scalars.ts'
import { UserType } from '../users/user.types.ts'
import { ConfirmTotpInput, ResetSecondFactorInput } from './second-factor.inputs.ts'
import {
  RecoveryCodesPayload,
  RemoveTotpPayload,
  ResetSecondFactorPayload,
  StartTotpPayload,
} from './second-factor.types.ts'

type WithSecondFactor = UserType & { totpEnabledAt: Date | null }

@Resolver(() => UserType)
export class SecondFactorResolver {
  @Mutation(() => StartTotpPayload, {
    nullable: true,
    description: 'Begins to set up an authenticator app. A later call replaces an earlier one.',
  })
  async startTotp(@Ctx() { viewer, services }: AppContext): Promise<StartTotpPayload> {
    return services.secondFactors.start(viewer.requiredSession)
  }

  @Mutation(() => RecoveryCodesPayload, {
    nullable: true,
    description: 'Turns the second factor on with a code of the app, and hands out the recovery codes.',
  })
  async confirmTotp(
    @Arg('input', () => ConfirmTotpInput, { description: 'A code of the app.' }) { code }: ConfirmTotpInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<RecoveryCodesPayload> {
    return services.secondFactors.confirm(viewer.requiredSession, code)
  }

  @Mutation(() => RemoveTotpPayload, {
    nullable: true,
    description: 'Turns the second factor off; its recovery codes end with it.',
  })
  async removeTotp(@Ctx() { viewer, services }: AppContext): Promise<RemoveTotpPayload> {
    return { user: await services.secondFactors.remove(viewer.requiredSession) }
  }

  @Mutation(() => RecoveryCodesPayload, { nullable: true, description: 'Ten new recovery codes; the old ones end.' })
  async replaceRecoveryCodes(@Ctx() { viewer, services }: AppContext): Promise<RecoveryCodesPayload> {
    return services.secondFactors.replaceRecoveryCodes(viewer.requiredSession)
  }

  @Mutation(() => ResetSecondFactorPayload, {
    nullable: true,
    description: "Turns another user's second factor off and ends their sessions. Needs user:update.",
  })
  async resetSecondFactor(
    @Arg('input', () => ResetSecondFactorInput, { description: 'The account.' }) { userId }: ResetSecondFactorInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<ResetSecondFactorPayload> {
    return { user: await services.secondFactors.resetByAdministrator(viewer.requiredSession, userId) }
  }

  @FieldResolver(() => DateTimeScalar, {
    nullable: true,
    description: "When the second factor was turned on; null where it is off. Own, or another's with user:read.",
  })
  totpEnabledAt(@Root() { id, totpEnabledAt }: WithSecondFactor, @Ctx() { viewer, services }: AppContext): Date | null {
    const asker = viewer.current
    const isAllowed =
      asker && (asker.user.id === id || services.authorization.hasPermission(asker, Permission.USER_READ))
    return isAllowed ? totpEnabledAt : null
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description: 'How many recovery codes are unused; null where the second factor is off. Own only.',
  })
  recoveryCodesLeft(
    @Root() { id, totpEnabledAt }: WithSecondFactor,
    @Ctx() { viewer, loaders }: AppContext,
  ): Promise<number> | null {
    return viewer.current?.session && viewer.id === id && totpEnabledAt !== null
      ? loaders.recoveryCodesLeft.load(id)
      : null
  }
}
