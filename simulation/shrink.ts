/** Finds a smaller plan that fails in the same way: fewer faults first, then fewer cases, by halves and then one by one. */
import { type Plan, reducePlan } from './plan.ts'
import type { Province } from './province.ts'
import { type RunResult, runPlan } from './run.ts'
import type { Sabotage } from './sabotage.ts'

export interface Shrunk {
  readonly plan: Plan
  readonly result: RunResult
  /** Runs it took. */
  readonly runs: number
}

/** Makes at most `budget` runs. `makeSabotage` gives each run a bug of its own, as some remember. */
export async function shrink(
  whole: Plan,
  failed: RunResult,
  province: Province,
  options: { readonly budget: number; readonly makeSabotage?: (() => Sabotage) | undefined },
): Promise<Shrunk> {
  const kind = failed.violations[0]?.kind
  let best: Shrunk = { plan: whole, result: failed, runs: 0 }
  let runs = 0

  async function stillFails(kept: Plan['kept']): Promise<boolean> {
    if (runs >= options.budget) return false
    runs++
    const plan = reducePlan(whole, kept)
    const sabotage = options.makeSabotage?.()
    const result = await runPlan(plan, province, sabotage === undefined ? {} : { sabotage })
    const same = result.violations.some((violation) => violation.kind === kind)
    if (same) best = { plan, result, runs }
    return same
  }

  for (let before = -1; before !== sizeOf(best.plan) && runs < options.budget; ) {
    before = sizeOf(best.plan)
    await reduce(best.plan.kept.faults, (faults) => stillFails({ ...best.plan.kept, faults }))
    await reduce(best.plan.kept.cases, (cases) => stillFails({ ...best.plan.kept, cases }))
  }
  return { ...best, runs }
}

/** Leaves out ever smaller pieces for as long as what is left still fails (Zeller's ddmin, complements only). */
async function reduce(
  all: readonly number[],
  stillFails: (left: readonly number[]) => Promise<boolean>,
): Promise<void> {
  let kept = all
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length; ) {
      const left = [...kept.slice(0, from), ...kept.slice(from + size)]
      if (await stillFails(left)) kept = left
      else from += size
    }
  }
}

function sizeOf({ kept }: Plan): number {
  return kept.faults.length + kept.cases.length
}
