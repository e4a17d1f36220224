/** A process that runs seeds for simulation/main.ts, one at a time, in the order in which it is asked. */
import { drawPlan, type Plan, reducePlan } from './plan.ts'
import { loadProvince } from './province.ts'
import { type RunResult, runPlan } from './run.ts'
import { SABOTAGES } from './sabotage.ts'
import { shrink } from './shrink.ts'

export interface Question {
  readonly seed: number
  /** Indexes of the cases and faults to keep; absent = all. */
  readonly kept?: Partial<Plan['kept']> | undefined
  /** Most runs to spend on a smaller plan that fails alike; 0 = none. */
  readonly shrinkBudget: number
  readonly sabotage?: string | undefined
  readonly trace: boolean
}

export interface Reply {
  readonly result: RunResult
  /** What to keep of the seed, where something smaller fails in the same way. */
  readonly kept?: Plan['kept']
  /** The faults that are left then, for a person to read. */
  readonly faults?: readonly string[]
  readonly trace: readonly string[]
}

const province = loadProvince()

async function answer({ seed, kept, shrinkBudget, sabotage, trace }: Question): Promise<Reply> {
  const whole = drawPlan(seed)
  const plan = reducePlan(whole, { ...whole.kept, ...kept })
  const lines: string[] = []
  const makeSabotage = sabotage === undefined ? undefined : SABOTAGES[sabotage]
  const result = await runPlan(plan, province, {
    ...(makeSabotage === undefined ? {} : { sabotage: makeSabotage() }),
    ...(trace ? { show: (line: string) => void lines.push(line) } : {}),
  })
  if (result.violations.length === 0 || shrinkBudget === 0)
    return { result, trace: lines, ...(kept === undefined ? {} : { kept: plan.kept }) }
  const smaller = await shrink(plan, result, province, { budget: shrinkBudget, makeSabotage })
  return {
    result: smaller.result,
    kept: smaller.plan.kept,
    faults: smaller.plan.faults.map((fault) => JSON.stringify(fault)),
    trace: lines,
  }
}

process.on('message', (question: Question) => {
  void answer(question).then((reply) => process.send?.(reply))
})
process.send?.('ready')
