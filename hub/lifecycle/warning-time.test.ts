import assert from 'node:assert/strict'
import { loadTopology } from '../config/load-topology.ts'
import { shippedTopology } from '../testing/edited-topology.ts'
import { warnUntil } from './warning-time.ts'

const { calendar } = loadTopology(shippedTopology, {})

describe('when to warn of a deadline', () => {
  // 1–7 October 2026 are holidays, Saturday 10 October is worked.
  for (const [now, lead, until] of [
    ['2026-10-08T11:59:59', 0.5, '2026-10-07'],
    ['2026-10-08T12:00:00', 0.5, '2026-10-08'],
    ['2026-10-08T00:00:00', 1, '2026-10-08'],
    ['2026-09-30T11:59:59', 1.5, '2026-09-30'],
    ['2026-09-30T12:00:00', 1.5, '2026-10-08'],
    ['2026-10-09T00:00:00', 2, '2026-10-10'],
    ['2026-10-09T12:00:00', 2.5, '2026-10-12'],
  ] as const)
    it(`warns at ${now} with ${lead} working days of what is due by ${until}`, () => {
      assert.equal(warnUntil(calendar, `${now}+08:00`, lead), until)
    })

  it('warns of nothing without a lead', () => {
    assert.equal(warnUntil(calendar, '2026-10-08T12:00:00+08:00', 0), undefined)
  })
})
