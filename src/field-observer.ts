import { ErrorCode } from './errors.ts'
import { knownError } from './graphql/format-error.ts'
import type { FieldObserver } from './graphql/root-fields.ts'
import type { Metrics } from './metrics.ts'
import type { Tracing } from './tracing.ts'

/** Measures and traces each root field. Undefined where nobody asks for either. */
export function createFieldObserver(metrics: Metrics, tracing: Tracing | undefined): FieldObserver | undefined {
  if (!metrics.text && !tracing) return undefined
  return async (name, work) => {
    const startedAtMs = performance.now()
    const end = (code: string | null) => metrics.fieldEnded(name, (performance.now() - startedAtMs) / 1000, code)
    try {
      const result = await (tracing ? tracing.traceField(name, work, codeOf) : work())
      end(null)
      return result
    } catch (error) {
      end(codeOf(error))
      throw error
    }
  }
}

/** The code that the error will have in the answer. */
function codeOf(error: unknown): string {
  return knownError(error)?.extensions.code ?? ErrorCode.INTERNAL_SERVER_ERROR
}
