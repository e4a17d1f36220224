/** What is going to happen to a case, decided before it is handed in and known by whom it concerns: the script of both sides. */

export const PLANS = ['straight', 'swift', 'correction', 'refused', 'missing-materials', 'publicity'] as const

/**
 * `straight`: received, accepted, one step, granted, completed with a licence, handed over.
 * `swift`: accepted, granted, completed; the shortest way through, for measuring.
 * `correction`: one round of 补正 before acceptance, then straight.
 * `refused`: 不予受理, with reasons.
 * `missing-materials`: the window first hands in too little, is told everything that is missing, hands in the rest; then straight.
 * `publicity`: as straight, with a publicity procedure between acceptance and decision.
 */
export type Plan = (typeof PLANS)[number]

/** State in which the hub must show the case at the end. */
export function endOf(plan: Plan): 'closed' | 'refused' | 'completed' {
  if (plan === 'refused') return 'refused'
  return plan === 'swift' ? 'completed' : 'closed'
}

/** Plans by the applicant's resident identity number, which every decider is sent; who is not in it is decided straight. */
export class Plans {
  readonly #plans = new Map<string, Plan>()

  set(residentId: string, plan: Plan): void {
    this.#plans.set(residentId, plan)
  }

  of(residentId: string): Plan {
    return this.#plans.get(residentId) ?? 'straight'
  }
}
