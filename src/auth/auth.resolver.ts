import { Arg, Ctx, Directive, Mutation, Resolver } from 'type-graphql'
import type { AppContext } from '../context.ts'
import { CsrfFailedError } from '../errors.ts'
import { CHECKED_BY_SERVICE } from '../graphql/connection.types.ts'
import { validateInput } from '../graphql/validate-input.ts'
import { RegisterInput } from '../users/user.inputs.ts'
import { RegisterPayload } from '../users/user.types.ts'
import { LoginInput, RefreshInput } from './auth.inputs.ts'
import { AuthPayload, LogoutPayload, TokenTransport } from './auth.types.ts'
import { REFRESHES, SIGN_UPS } from './client-limits.ts'
import { deliver, forgetCookies, presentedCookie, refreshBy } from './transport.ts'

@Resolver()
export class AuthResolver {
  @Directive(`@rateLimit(limit: ${SIGN_UPS.limit}, duration: ${SIGN_UPS.seconds})`)
  @Mutation(() => RegisterPayload, { nullable: true, description: "Opens an account with the role 'user'. Anyone." })
  async register(
    @Arg('input', () => RegisterInput, { description: 'The account to open.', ...CHECKED_BY_SERVICE })
    input: RegisterInput,
    @Ctx() { services, request, clientLimits }: AppContext,
  ): Promise<RegisterPayload> {
    await clientLimits.countSignUp(request.ipAddress, () => validateInput(input, () => 'input'))
    return { user: await services.auth.register(input) }
  }

  @Directive('@rateLimit(limit: 10, duration: 60)')
  @Mutation(() => AuthPayload, {
    nullable: true,
    description: 'Signs in with a username or an e-mail address. Anyone.',
  })
  async login(
    @Arg('input', () => LoginInput, { description: 'Who signs in.' }) input: LoginInput,
    @Ctx() context: AppContext,
  ): Promise<AuthPayload> {
    const { identifier, password, transport, secondFactor = null } = input
    const { originFault, refreshCookie } = context.request
    const isByCookie = transport === TokenTransport.COOKIE
    if (isByCookie && originFault) throw new CsrfFailedError(originFault)
    const wanted = { transport, secondFactor, replacedCookie: isByCookie ? refreshCookie : null }
    return deliver(await context.services.auth.login(identifier, password, wanted), context)
  }

  @Directive(`@rateLimit(limit: ${REFRESHES.limit}, duration: ${REFRESHES.seconds})`)
  @Mutation(() => AuthPayload, {
    nullable: true,
    description: 'Trades a refresh token for the next pair. Each refresh token works once. Anyone who holds one.',
  })
  async refresh(
    @Arg('input', () => RefreshInput, { nullable: true, description: 'Left out: the cookie is used.' })
    input: RefreshInput | null,
    @Ctx() context: AppContext,
  ): Promise<AuthPayload> {
    const { clientLimits, request, services } = context
    const refresh = () => refreshBy(input?.refreshToken ?? null, context, services.refresh)
    return deliver(await clientLimits.countRefused(request.ipAddress, refresh), context)
  }

  @Mutation(() => LogoutPayload, {
    nullable: true,
    description: 'Ends the session of this request: its access and refresh tokens stop working at once.',
  })
  async logout(@Ctx() context: AppContext): Promise<LogoutPayload> {
    const { viewer, services, sessionEnds, request } = context
    const ended = viewer.current && viewer.requiredSession
    const presented = ended ? null : presentedCookie(request)
    const sessionId = await forgetCookies(context, presented, services.refresh.logout(ended, presented))
    if (presented) request.clearSessionCookies()
    sessionEnds.ofSession(sessionId)
    return { sessionId }
  }
}
