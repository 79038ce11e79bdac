import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql'
import type { AppContext } from '../context.ts'
import { ErrorCode } from '../graphql/error-code.types.ts'
import { AccessDecision } from './authorization.types.ts'
import { Permission } from './permissions.ts'

@Resolver()
export class AuthorizationResolver {
  @Query(() => AccessDecision, {
    nullable: true,
    description:
      'Whether the viewer may do something, and if not, why. With ownerId, the question is about a resource of that user: own resources need the own permission, others the matching _any permission.',
  })
  can(
    @Arg('permission', () => Permission, { description: 'What to do.' }) permission: Permission,
    @Arg('ownerId', () => ID, { nullable: true, description: 'Whose resource; it need not exist.' }) ownerId:
      | string
      | null,
    @Ctx() { viewer, services }: AppContext,
  ): AccessDecision {
    const decision = services.authorization.decide(viewer.current, permission, ownerId ?? null)
    return { ...decision, reason: decision.reason && ErrorCode[decision.reason] }
  }
}
