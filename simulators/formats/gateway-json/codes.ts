/** 办理情形 as the gateway numbers it; the last two digits of the handling code say the same. */
export const SCENARIOS = {
  '01': 'renewal',
  '02': 'initial',
  '03': 'change',
  '04': 'addition',
  '05': 'reissue',
  '06': 'cancellation',
} as const

/** @throws Error where the gateway has no number for it */
export function scenarioCode(scenario: string): string {
  const found = Object.entries(SCENARIOS).find(([, meaning]) => meaning === scenario)
  if (found === undefined) throw new Error(`The gateway has no number for ${scenario}.`)
  return found[0]
}
