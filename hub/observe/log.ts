/** Logs: one JSON object a line on stdout. No personal data ever: what is logged are ids, codes and words of our own. */
import { type Logger, pino } from 'pino'

/** Fields that must never be printed, wherever somebody may hang them. */
const SECRETS = ['secret', 'signature', '*.secret', '*.signature', 'headers', '*.headers']

export function makeLog(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRETS, censor: '[withheld]' },
    serializers: { error: describeError },
  })
}

/** Name, code, message, place and causes. Details may hold a partner's values and stay out. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error)
  const { name, message, stack, cause } = error
  return {
    name,
    code: (error as { code?: unknown }).code,
    message,
    stack,
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
  }
}
