import { ActivityAction } from './activity/actions.ts'
import { actorOf } from './authorization/viewer.ts'
import type { AppContext } from './context.ts'
import { RateLimitedError } from './errors.ts'
import type { FieldObserver, RootFieldHooks } from './graphql/root-fields.ts'

/** Mutations that ignore the credentials of the request. */
const WITHOUT_VIEWER: ReadonlySet<string> = new Set(['login', 'refresh'])

/**
 * Loads the viewer before each root field: once for the queries of a document, and again for each mutation after the
 * first, because an earlier one may have ended the session. Records ACCESS_DENIED after a refusal.
 */
export function createRootFieldHooks(observe?: FieldObserver): RootFieldHooks<AppContext> {
  /** Viewers of documents whose first mutation has begun. */
  const mutating = new WeakSet<AppContext['viewer']>()
  return {
    async before(context, { name, isMutation }) {
      const { viewer } = context
      const isLaterMutation = isMutation && mutating.has(viewer)
      if (isMutation) mutating.add(viewer)
      if (isLaterMutation) context.forgetRows()
      if (isMutation && WITHOUT_VIEWER.has(name)) return
      await (isLaterMutation ? viewer.reload() : viewer.load())
    },
    onForbidden: recordDenial,
    observe,
  }
}

/** Writes at most one row for each viewer, field and minute, in its own transaction. An API key is a viewer by itself. */
async function recordDenial({ viewer, services, denials }: AppContext, field: string): Promise<void> {
  if (viewer.state.kind !== 'signedIn') return
  const actor = actorOf(viewer.state.viewer)
  const userId = actor.actorId
  try {
    await denials.consume('denial', `${actor.apiKeyId ?? userId} ${field}`, 1, 60)
  } catch (error) {
    if (error instanceof RateLimitedError) return
    throw error
  }
  await services.activity.record({ action: ActivityAction.ACCESS_DENIED, userId, ...actor, details: field })
}
