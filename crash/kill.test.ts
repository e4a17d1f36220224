/** A small kill test: real hub processes on SQLite, a bad network, three kills. */
import assert from 'node:assert/strict'
import { runKills } from './kill-run.ts'

describe('kill test', function () {
  this.timeout(90_000)

  it('finds nothing lost, doubled or out of order after three kills under load', async () => {
    const lines: string[] = []
    const report = await runKills({
      kills: 3,
      store: 'sqlite',
      seed: 20_261_123,
      tell: (line) => lines.push(line),
    })
    const { lost, doubled, misordered, unacknowledged, troubles } = report
    assert.deepEqual(
      { lost, doubled, misordered, unacknowledged, troubles },
      { lost: 0, doubled: 0, misordered: 0, unacknowledged: 0, troubles: 0 },
      [...report.words, ...lines].join('\n'),
    )
    assert.equal(report.kills, 3)
    assert.ok(report.accepted > 100, `only ${report.accepted} messages were accepted`)
    assert.ok(report.delivered > report.accepted, 'an application goes to the decider and to a copy')
  })
})
