import { LinkLost, OutcomeUnknown, Rejected, RetryLater } from '../hub/contract/errors.ts'

/** For tests of what a link tells: the error in a word or two, as the dispatcher branches on it. @throws what is no instruction */
export function instructionOf(error: unknown): string {
  if (error instanceof Rejected) return `Rejected ${error.kind}`
  if (error instanceof RetryLater) return 'RetryLater'
  if (error instanceof OutcomeUnknown) return 'OutcomeUnknown'
  if (error instanceof LinkLost) return 'LinkLost'
  throw error
}
