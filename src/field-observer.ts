import { ErrorCode } from './errors.ts'
import { knownError } from './graphql/format-error.ts'
import type { FieldObserver } from './graphql/root-fields.ts'
import type { Metrics } from './metrics.ts'

/** Measures each root field. Undefined where nobody asks for it. */
export function createFieldObserver(metrics: Metrics): FieldObserver | undefined {
  if (!metrics.text) return undefined
  return async (name, work) => {
    const startedAtMs = performance.now()
    const end = (code: string | null) => metrics.fieldEnded(name, (performance.now() - startedAtMs) / 1000, code)
    try {
      const result = await work()
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
