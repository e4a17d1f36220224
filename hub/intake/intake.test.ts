import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadValidator } from '../canonical/validator.ts'
import { loadTopology } from '../config/load-topology.ts'
import type { System } from '../config/topology.ts'
import { loadFormatPackages } from '../mapping/load-packages.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { accepted, submission } from '../testing/gateway-documents.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { type IntakeParts, makeIntake } from './intake.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

describe('intake on two nodes', () => {
  it('gives the stored answer to a repetition that the other node took while this one looked', async function () {
    this.timeout(20_000)
    const topology = loadTopology(join(root, 'topology'), {})
    const parts = {
      topology,
      formats: loadFormatPackages(join(root, 'mappings')).packages,
      validator: loadValidator(),
      clock: new VirtualClock(Date.parse('2026-10-10T12:00:00+08:00')),
      announce() {},
    }
    const store = openMemoryStore()
    const received = (system: string, document: object) => ({
      sender: topology.systems.get(system) as System,
      bytes: Buffer.from(JSON.stringify(document)),
      contentType: 'application/json',
      idempotencyKey: undefined,
      traceparent: undefined,
    })
    const first = makeIntake({ ...parts, store, randomBytes: seededRandom(1) })
    const application = submission({ requestNo: 'A-1', jurisdiction: '410526' })
    const { answer } = await first.accept(received('city-411300', application))
    const acceptance = received('county-410526', accepted('B-1', answer.caseNo))

    // The key is looked up before the first node has taken the message, the case after.
    const overtaken: IntakeParts['store'] = {
      messageAccept: (request) => store.messageAccept(request),
      answerGet: (query) => store.answerGet(query),
      deadlineList: (query) => store.deadlineList(query),
      fileGet: (query) => store.fileGet(query),
      caseTimeline: (query) => store.caseTimeline(query),
      async caseGet(query) {
        await first.accept(acceptance)
        return store.caseGet(query)
      },
    }
    const second = makeIntake({ ...parts, store: overtaken, randomBytes: seededRandom(2) })
    const repetition = await second.accept(acceptance)
    assert.equal(repetition.repeated, true)
    assert.deepEqual([repetition.answer.sequence, repetition.answer.state], [2, 'accepted'])
    assert.equal((await store.caseTimeline({ caseNo: answer.caseNo })).length, 2)
  })
})
