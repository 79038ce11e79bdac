import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import type { AppContext } from '../context.ts'
import { CHECKED_BY_SERVICE } from '../graphql/connection.types.ts'
import { validateInput } from '../graphql/validate-input.ts'
import { CreateApiKeyInput, RevokeApiKeyInput } from './api-key.inputs.ts'
import { CreateApiKeyPayload, RevokeApiKeyPayload } from './api-key.types.ts'

@Resolver()
export class ApiKeyResolver {
  @Mutation(() => CreateApiKeyPayload, {
    nullable: true,
    description:
      'A key for a program, which acts as its owner with the permissions named. The secret is shown this once.',
  })
  async createApiKey(
    @Arg('input', () => CreateApiKeyInput, { description: 'The key to make.', ...CHECKED_BY_SERVICE })
    input: CreateApiKeyInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<CreateApiKeyPayload> {
    validateInput(input, () => 'input', services.apiKeys.faultsOf(input))
    return services.apiKeys.create(viewer.requiredSession, input)
  }

  @Mutation(() => RevokeApiKeyPayload, { nullable: true, description: "Ends one of the viewer's own keys." })
  async revokeApiKey(
    @Arg('input', () => RevokeApiKeyInput, { description: 'The key to end.' }) { apiKeyId }: RevokeApiKeyInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<RevokeApiKeyPayload> {
    await services.apiKeys.revoke(viewer.requiredSession, apiKeyId)
    return { apiKeyId }
  }
}
