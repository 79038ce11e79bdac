import { isUnavailable } from '../database/faults.ts'
import { AppError, BadUserInputError, StartRefusedError } from '../errors.ts'
import { describeFault } from '../logging/describe-fault.ts'

/** A failure as one line for operators, without a stack, a password or a server's address. */
export function plainMessage(error: unknown): string {
  if (error instanceof BadUserInputError) {
    return [error.message, ...error.fields.map(({ path, message }) => `${path}: ${message}`)].join(' ')
  }
  if (error instanceof StartRefusedError || error instanceof AppError) return error.message
  const { message } = describeFault(error)
  return isUnavailable(error) ? `The database is not available (${message}).` : message
}
