import assert from 'node:assert/strict'
import { drawPlan, FAULT_KINDS, reducePlan } from './plan.ts'
import { loadProvince, type Province } from './province.ts'
import { type RunResult, runPlan } from './run.ts'
import { SABOTAGES } from './sabotage.ts'
import { shrink } from './shrink.ts'
import type { ViolationKind } from './witness.ts'

/** Seeds within which a deliberate bug must be found. */
const PATIENCE = 200

describe('the simulated province', function () {
  this.timeout(60_000)
  let province: Province

  before(() => {
    province = loadProvince()
  })

  async function firstFailure(
    name: string,
    kind: ViolationKind,
  ): Promise<{ seed: number; result: RunResult }> {
    for (let seed = 1; seed <= PATIENCE; seed++) {
      const sabotage = SABOTAGES[name]?.()
      assert.ok(sabotage, `there is no sabotage ${name}`)
      const result = await runPlan(drawPlan(seed), province, { sabotage })
      if (result.violations.some((violation) => violation.kind === kind)) return { seed, result }
    }
    return assert.fail(`${name} is not found to be ${kind} within ${PATIENCE} seeds`)
  }

  it('keeps every promise in 25 seeds, though faults strike', async () => {
    let faults = 0
    let deliveries = 0
    const kinds = new Set<string>()
    for (let seed = 1; seed <= 25; seed++) {
      const result = await runPlan(drawPlan(seed), province)
      assert.deepEqual(result.violations, [], `npm run simulate -- --seed ${seed} --trace`)
      faults += result.faults
      deliveries += result.deliveries
      for (const kind of Object.keys(result.struck)) kinds.add(kind)
    }
    assert.ok(faults > 200, `only ${faults} faults struck`)
    assert.deepEqual([...kinds].sort(), [...FAULT_KINDS].sort(), 'every kind of fault struck')
    assert.ok(deliveries > 2_000, `only ${deliveries} deliveries were made`)
  })

  it('does the same again for the same seed, and something else for another', async () => {
    const [first, again, other] = [
      await runPlan(drawPlan(4), province),
      await runPlan(drawPlan(4), province),
      await runPlan(drawPlan(5), province),
    ]
    assert.deepEqual(again, first)
    assert.notEqual(other.trace, first.trace)
  })

  const found: readonly (readonly [title: string, sabotage: string, kinds: readonly ViolationKind[]])[] = [
    ['answers a sender before the commit', 'acknowledges-early', ['lost']],
    ['forgets the fence', 'forgets-fence', ['stale']],
    ['calls delivered what was only sent', 'settles-early', ['premature', 'lost', 'misordered']],
    ['sends blindly what may have been sent', 'forgets-doubt', ['doubled']],
    ['takes what another node owns', 'claims-all', ['two-owners', 'crowded']],
    ['does not know a repetition for one', 'forgets-keys', ['doubled']],
    ['sleeps through what is due', 'oversleeps', ['stuck']],
    ['tries again too soon', 'hurries', ['early']],
    ['leaves out who gets a copy', 'forgets-copies', ['inconsistent']],
  ]
  for (const [title, sabotage, kinds] of found) {
    it(`finds out who ${title}`, async () => {
      for (const kind of kinds) await firstFailure(sabotage, kind)
    })
  }

  it('makes a failing seed smaller, and what is left replays exactly', async () => {
    const { seed, result } = await firstFailure('forgets-fence', 'stale')
    const whole = drawPlan(seed)
    const { plan } = await shrink(whole, result, province, {
      budget: 60,
      makeSabotage: SABOTAGES['forgets-fence'],
    })
    assert.ok(plan.cases.length < whole.cases.length)
    assert.ok(plan.faults.length >= 1 && plan.faults.length < whole.faults.length)
    const traces = []
    for (let run = 0; run < 2; run++) {
      const sabotage = SABOTAGES['forgets-fence']?.()
      assert.ok(sabotage)
      const replayed = await runPlan(reducePlan(drawPlan(seed), plan.kept), province, { sabotage })
      assert.equal(replayed.violations[0]?.kind, result.violations[0]?.kind)
      traces.push(replayed.trace)
    }
    assert.equal(traces[0], traces[1])
  })
})
