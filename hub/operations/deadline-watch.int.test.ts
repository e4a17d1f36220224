import assert from 'node:assert/strict'
import { loadValidator } from '../canonical/validator.ts'
import { loadTopology } from '../config/load-topology.ts'
import type { Store } from '../contract/store.ts'
import { aDeadline, aNewId, anAcceptance } from '../store/fixtures.ts'
import { describeOnPostgres } from '../store/postgres/test-schema.ts'
import { shippedTopology } from '../testing/edited-topology.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { makeDeadlineWatch } from './deadline-watch.ts'

const topology = loadTopology(shippedTopology, {})
const validator = loadValidator()
const TASK = '1141000000000901362410190001000'
const CASES = 40

describeOnPostgres('the watch of deadlines on several nodes', process.env, (schema) => {
  it('says every overrun once, whichever node comes first', async function () {
    this.timeout(30_000)
    const nodes: Store[] = [await schema().open(), await schema().open(), await schema().open()]
    const clock = new VirtualClock(Date.parse('2026-10-12T09:00:00+08:00'))
    const caseNos = Array.from({ length: CASES }, () => `W-${aNewId()}`)
    for (const caseNo of caseNos) {
      const opened = anAcceptance({
        caseNo,
        destinations: [],
        deadlines: [aDeadline({ clock: 'T2', owner: 'county-410526', dueDate: '2026-10-09' })],
        case: {
          taskCode: TASK,
          decider: 'county-410526',
          facts: { appliedAt: '2026-09-30T10:00:00+08:00', corrections: 0, evaluated: false },
        },
      })
      assert.deepEqual(await nodes[0]?.messageAccept(opened), { outcome: 'accepted' })
    }
    const errors: object[] = []
    const looks = await Promise.all(
      nodes.map((store, index) =>
        makeDeadlineWatch({
          topology,
          formats: new Map(),
          validator,
          store,
          clock,
          randomBytes: seededRandom(index + 1),
          announce() {},
          log: { info() {}, error: (fields) => errors.push(fields) },
          leadDays: 0.5,
        }).look(),
      ),
    )

    assert.deepEqual(errors, [])
    assert.equal(
      looks.reduce((sum, issued) => sum + issued, 0),
      CASES,
    )
    for (const caseNo of caseNos) {
      const timeline = await (nodes[1] as Store).caseTimeline({ caseNo })
      assert.deepEqual(
        timeline.map(({ message }) => [message.sequence, message.type]),
        [
          [1, 'case.submitted'],
          [2, 'deadline.overdue'],
        ],
      )
      const [deadline] = await (nodes[2] as Store).deadlineList({ caseNo })
      assert.equal(deadline?.state, 'overdue')
    }
    for (const store of nodes) await store.close()
  })
})
