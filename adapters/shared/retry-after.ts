const IMF_OR_RFC850 = /^[A-Z][a-z]{2,8}, \d{2}[ -][A-Z][a-z]{2}[ -]\d{2}(\d{2})? \d{2}:\d{2}:\d{2} GMT$/
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/

/**
 * Milliseconds from `nowMs` until a `Retry-After` value (RFC 9110 §10.2.3): whole seconds, or one of the three date
 * forms of §5.6.7. A date gone by is 0; a value of another form is undefined, as if the header were not there.
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  // The asctime form names no zone and means GMT; Date.parse would read it in the machine's own.
  const instant = IMF_OR_RFC850.test(text)
    ? Date.parse(text)
    : ASCTIME.test(text)
      ? Date.parse(`${text} GMT`)
      : Number.NaN
  return Number.isNaN(instant) ? undefined : Math.max(0, instant - nowMs)
}
