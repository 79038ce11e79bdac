import { Arg, Ctx, Directive, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql'
import type { AppContext } from '../context.ts'
import { JsonScalar } from '../graphql/scalars.ts'
import {
  RemoveSessionValueInput,
  RevokeSessionInput,
  RevokeSessionPayload,
  RevokeSessionsPayload,
  RevokeUserSessionsInput,
  SessionPayload,
  SessionType,
  SetSessionValueInput,
} from './session.types.ts'

@Resolver(() => SessionType)
export class SessionResolver {
  @Query(() => SessionType, { nullable: true, description: 'The login session that this request runs under.' })
  session(@Ctx() { viewer }: AppContext): SessionType {
    return viewer.requiredSession.session
  }

  @Mutation(() => RevokeSessionPayload, { nullable: true, description: "Ends one of the viewer's own sessions." })
  async revokeSession(
    @Arg('input', () => RevokeSessionInput, { description: 'The session to end.' }) { sessionId }: RevokeSessionInput,
    @Ctx() { viewer, services, sessionEnds }: AppContext,
  ): Promise<RevokeSessionPayload> {
    await services.sessions.revoke(viewer.requiredSession, sessionId)
    sessionEnds.ofSession(sessionId)
    return { sessionId }
  }

  @Mutation(() => RevokeSessionsPayload, {
    nullable: true,
    description: "Ends all of the viewer's sessions but the current one.",
  })
  async revokeOtherSessions(@Ctx() { viewer, services }: AppContext): Promise<RevokeSessionsPayload> {
    return { revokedSessions: await services.sessions.revokeOthers(viewer.requiredSession) }
  }

  @Mutation(() => RevokeSessionsPayload, {
    nullable: true,
    description: 'Ends every session of a user. Needs user:update.',
  })
  async revokeUserSessions(
    @Arg('input', () => RevokeUserSessionsInput, { description: 'Whose sessions.' }) {
      userId,
    }: RevokeUserSessionsInput,
    @Ctx() { viewer, services, sessionEnds }: AppContext,
  ): Promise<RevokeSessionsPayload> {
    const revokedSessions = await services.sessions.revokeOfUser(viewer.required, userId)
    sessionEnds.ofUser(userId)
    return { revokedSessions }
  }

  @FieldResolver(() => Boolean, { description: 'Whether this request runs under it.' })
  isCurrent(@Root() { id }: SessionType, @Ctx() { viewer }: AppContext): boolean {
    return viewer.current?.session?.id === id
  }
}

@Resolver(() => SessionType)
export class SessionValueResolver {
  @Directive('@rateLimit(limit: 60, duration: 60)')
  @Mutation(() => SessionPayload, {
    nullable: true,
    description:
      'Stores a value in the current session, on the server. Without expiresIn the value lives as long as the session, even where an earlier one under this key expired.',
  })
  async setSessionValue(
    @Arg('input', () => SetSessionValueInput, { description: 'The value.' }) {
      key,
      value,
      expiresIn,
    }: SetSessionValueInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<SessionPayload> {
    await services.sessionData(viewer.requiredSession.session.id).set(key, value, expiresIn)
    return { session: viewer.requiredSession.session }
  }

  @Directive('@rateLimit(limit: 60, duration: 60)')
  @Mutation(() => SessionPayload, {
    nullable: true,
    description: 'Removes one value of the current session, if it is there.',
  })
  async removeSessionValue(
    @Arg('input', () => RemoveSessionValueInput, { description: 'Which value.' }) { key }: RemoveSessionValueInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<SessionPayload> {
    await services.sessionData(viewer.requiredSession.session.id).remove(key)
    return { session: viewer.requiredSession.session }
  }

  @Directive('@rateLimit(limit: 60, duration: 60)')
  @Mutation(() => SessionPayload, {
    nullable: true,
    description: 'Removes every value of the current session. The session itself goes on.',
  })
  async clearSessionValues(@Ctx() { viewer, services }: AppContext): Promise<SessionPayload> {
    await services.sessionData(viewer.requiredSession.session.id).clear()
    return { session: viewer.requiredSession.session }
  }

  @FieldResolver(() => JsonScalar, {
    nullable: true,
    description:
      'A value stored in the session; null where there is none, or it has expired. Only of the current session.',
  })
  async value(
    @Root() { id }: SessionType,
    @Arg('key', () => String, { description: 'Under which key.' }) key: string,
    @Ctx() { viewer, loaders }: AppContext,
  ): Promise<unknown> {
    return viewer.current?.session?.id === id ? ((await loaders.sessionValues.load(id)).get(key) ?? null) : null
  }

  @FieldResolver(() => [String], {
    description: 'The keys that hold an unexpired value, sorted. Only of the current session.',
  })
  async keys(@Root() { id }: SessionType, @Ctx() { viewer, loaders }: AppContext): Promise<string[]> {
    return viewer.current?.session?.id === id ? [...(await loaders.sessionValues.load(id)).keys()] : []
  }
}
