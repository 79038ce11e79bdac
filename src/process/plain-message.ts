import { isUnavailable } from '../database/faults.ts'
import { AppError, BadUserInputError, StartRefusedError } from '../errors.ts'
import { safeMessage } from '../logging/error-record.ts'

/** What an operator reads of a failure: no stack, no password, no address of a server. */
export function plainMessage(error: unknown): string {
  if (error instanceof BadUserInputError) {
    return [error.message, ...error.fields.map(({ path, message }) => `${path}: ${message}`)].join(' ')
  }
  if (error instanceof StartRefusedError || error instanceof AppError) return error.message
  if (!(error instanceof Error)) return 'An unknown fault'
  return isUnavailable(error) ? `The database is not available (${safeMessage(error)}).` : safeMessage(error)
}
