import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadValidator } from '../canonical/validator.ts'
import { loadTopology } from '../config/load-topology.ts'
import type { System } from '../config/topology.ts'
import { IntakeError } from '../contract/errors.ts'
import type { InboundOutcome } from '../contract/listener.ts'
import { loadFormatPackages } from '../mapping/load-packages.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { accepted, following, submission } from '../testing/gateway-documents.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { type Intake, makeIntake } from './intake.ts'
import { receive } from './receive.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const supplemented = (requestNo: string, caseNo: string) =>
  following('CASE_SUPPLEMENT', requestNo, caseNo, {
    supplementDate: '2026-10-10 10:00:00',
    materials: [
      {
        materialName: '身份证明',
        getType: '3',
        getNum: '1',
        files: [{ fileId: 'F9', name: '身份证明.ofd', size: 1044 }],
      },
    ],
  })
const silent = { info() {}, warn() {}, error() {} }

describe('what a listener brings', function () {
  this.timeout(20_000)
  const topology = loadTopology(join(root, 'topology'), {})
  const clock = new VirtualClock(Date.parse('2026-10-10T12:00:00+08:00'))
  const system = (id: string): System => topology.systems.get(id) as System

  function bring(intake: Pick<Intake, 'accept'>, from: string, document: object): Promise<InboundOutcome> {
    const inbound = { body: Buffer.from(JSON.stringify(document)), contentType: 'application/json' }
    return receive(system(from), inbound, { intake, formats: new Map(), clock, log: silent })
  }

  const refusing = (error: IntakeError): Pick<Intake, 'accept'> => ({
    accept: () => Promise.reject(error),
  })

  describe('out of turn', () => {
    let intake: Intake
    let caseNo: string

    beforeEach(async () => {
      intake = makeIntake({
        topology,
        formats: loadFormatPackages(join(root, 'mappings')).packages,
        validator: loadValidator(),
        store: openMemoryStore(),
        clock,
        randomBytes: seededRandom(1),
        announce() {},
      })
      const opened = await bring(
        intake,
        'city-411300',
        submission({ requestNo: 'A-1', jurisdiction: '410526' }),
      )
      assert.equal(opened.kind, 'accepted')
      caseNo = opened.kind === 'accepted' ? opened.caseNo : ''
    })

    it('waits where it is too early: a supplement before anybody asked for one', async () => {
      const outcome = await bring(intake, 'city-411300', supplemented('A-2', caseNo))
      assert.deepEqual(
        [outcome.kind, outcome.kind === 'not-yet' && [outcome.code, outcome.because]],
        ['not-yet', ['CASE_STATE', 'order']],
        JSON.stringify(outcome),
      )
    })

    it('is refused where it is too late: a supplement after the acceptance, a second acceptance', async () => {
      assert.equal((await bring(intake, 'county-410526', accepted('B-1', caseNo))).kind, 'accepted')
      for (const late of [
        await bring(intake, 'city-411300', supplemented('A-2', caseNo)),
        await bring(intake, 'county-410526', accepted('B-2', caseNo)),
      ])
        assert.deepEqual(
          [late.kind, late.kind === 'refused' && late.code],
          ['refused', 'CASE_STATE'],
          JSON.stringify(late),
        )
    })
  })

  it('waits for a case that is not known yet', async () => {
    const outcome = await bring(
      refusing(new IntakeError('CASE_NOT_FOUND', 'No such case.')),
      'city-411300',
      {},
    )
    assert.deepEqual([outcome.kind, outcome.kind === 'not-yet' && outcome.because], ['not-yet', 'order'])
  })

  it('is refused in Chinese first, also where no single field is at fault', async () => {
    const outcome = await bring(
      refusing(new IntakeError('CASE_EXISTS', 'Your system has opened a case under this number before.')),
      'city-411300',
      {},
    )
    assert.equal(
      outcome.kind === 'refused' && outcome.words,
      '该外部编号已有办件：Your system has opened a case under this number before.',
    )
  })
})
