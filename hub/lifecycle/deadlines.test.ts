import assert from 'node:assert/strict'
import { loadTopology } from '../config/load-topology.ts'
import type { Item } from '../config/topology.ts'
import type { CanonicalData } from '../contract/canonical.ts'
import type { Message, MessageType } from '../contract/message.ts'
import type { Deadline } from '../contract/store.ts'
import { shippedTopology } from '../testing/edited-topology.ts'
import { clockFactsAfter, deadlinesAfter } from './deadlines.ts'

const { calendar, items } = loadTopology(shippedTopology, {})
const item = items.get('1141000000000901362410190001000')?.[0] as Item
const at = (date: string, time = '10:00:00'): string => `${date}T${time}+08:00`

function aMessage<Type extends MessageType>(
  type: Type,
  happened: string,
  data: Partial<CanonicalData[Type]> = {},
  recorded = happened,
): Message {
  return {
    specversion: '1.0',
    id: '01a00000-0000-7000-8000-000000000001',
    source: '/systems/city-411300',
    type,
    subject: 'CASE-1',
    time: at(happened),
    datacontenttype: 'application/json',
    dataschema: `urn:hub:canonical:${type}:1`,
    data: data as unknown as Message['data'],
    sequence: 1,
    recordedat: at(recorded, '10:05:00'),
  }
}

const aMaterial = (
  code: string,
  more: object = {},
): CanonicalData['case.submitted']['materials'][number] => ({
  code,
  name: '测试材料',
  medium: 'paper',
  originals: 1,
  copies: 0,
  collected: true,
  files: [],
  ...more,
})

const aSubmission = (received: string, materials = [aMaterial('M01')], recorded = received): Message =>
  aMessage(
    'case.submitted',
    received,
    { receiving: { regionCode: '411300', receivedAt: at(received) }, materials },
    recorded,
  )

/** A case that keeps its clocks and facts from message to message, as intake and the store do. */
class Case {
  clocks: Deadline[] = []
  facts: object = { corrections: 0 }
  readonly #item: Item

  constructor(of: Item = item) {
    this.#item = of
  }

  take(message: Message): Deadline[] {
    const row = {
      caseNo: 'CASE-1',
      origin: 'city-411300',
      decider: 'county-410526',
      facts: this.facts as Record<string, unknown>,
    }
    const changed = deadlinesAfter({ message, row, deadlines: this.clocks, item: this.#item, calendar })
    this.clocks = [
      ...this.clocks.filter(({ clock }) => !changed.some((other) => other.clock === clock)),
      ...changed,
    ]
    this.facts = clockFactsAfter(this.facts, message)
    return changed
  }

  /** `T1 2026-10-08 running`, by clock. */
  get summary(): string[] {
    return this.clocks.map(({ clock, dueDate, state }) => `${clock} ${dueDate} ${state}`).sort()
  }
}

function accepted(on: string, of: Item = item): Case {
  const opened = new Case(of)
  opened.take(aSubmission(on))
  opened.take(aMessage('paper.posted', on))
  opened.take(aMessage('case.accepted', on))
  return opened
}

describe('T1, posting the paper (art. 17)', () => {
  it('runs one working day from receipt at the window, for the origin', () => {
    const [clock] = new Case().take(aSubmission('2026-09-30'))
    assert.deepEqual(clock, {
      clock: 'T1',
      caseNo: 'CASE-1',
      owner: 'city-411300',
      startedAt: at('2026-09-30'),
      dueDate: '2026-10-08',
      provisional: false,
      state: 'running',
    })
  })

  it('does not run where the department needs no paper', () => {
    const paperless: Item = {
      ...item,
      materials: item.materials.map((material) => ({ ...material, paperRequired: false })),
    }
    const opened = new Case(paperless)
    opened.take(aSubmission('2026-09-30'))
    assert.deepEqual(opened.summary, ['T2 2026-10-09 running', 'T3b 2026-10-13 running'])
  })

  it('does not run for paper that was not collected', () => {
    const opened = new Case()
    opened.take(aSubmission('2026-09-30', [aMaterial('M01', { collected: false })]))
    assert.deepEqual(opened.summary, ['T2 2026-10-09 running', 'T3b 2026-10-13 running'])
  })

  it('is met by a posting in time and overdue by a later one', () => {
    for (const [posted, state] of [
      ['2026-10-08', 'met'],
      ['2026-10-09', 'overdue'],
    ] as const) {
      const opened = new Case()
      opened.take(aSubmission('2026-09-30'))
      opened.take(aMessage('paper.posted', posted))
      assert.equal(opened.summary[0], `T1 2026-10-08 ${state}`)
    }
  })

  it('is decided at once where the submission says that all paper was posted', () => {
    const posting = { shippedAt: at('2026-10-08'), carrier: 'EMS', trackingNo: 'T1' }
    const all = new Case()
    all.take(
      aSubmission('2026-09-30', [
        aMaterial('M01', { paper: posting }),
        aMaterial('M03', { paper: { ...posting, shippedAt: at('2026-09-30') } }),
      ]),
    )
    assert.equal(all.summary[0], 'T1 2026-10-08 met')
    const some = new Case()
    some.take(aSubmission('2026-09-30', [aMaterial('M01', { paper: posting }), aMaterial('M03')]))
    assert.equal(some.summary[0], 'T1 2026-10-08 running')
  })
})

describe('T2, accepting (art. 19, 20)', () => {
  it('runs two working days from the arrival at the hub, for the decider', () => {
    const [, clock] = new Case().take(aSubmission('2026-02-10', undefined, '2026-02-13'))
    assert.equal(clock?.owner, 'county-410526')
    assert.equal(clock?.startedAt, at('2026-02-13', '10:05:00'))
    assert.equal(clock?.dueDate, '2026-02-24')
  })

  for (const type of ['case.accepted', 'case.refused', 'correction.requested', 'case.returned'] as const) {
    it(`is met by ${type} on its last day, and overdue by one after it`, () => {
      for (const [on, state] of [
        ['2026-02-24', 'met'],
        ['2026-02-25', 'overdue'],
      ] as const) {
        const opened = new Case()
        opened.take(aSubmission('2026-02-13'))
        opened.take(aMessage(type, on))
        assert.ok(opened.summary.includes(`T2 2026-02-24 ${state}`), opened.summary.join())
      }
    })
  }

  it('is not met by case.received, which only says that it arrived', () => {
    const opened = new Case()
    opened.take(aSubmission('2026-02-13'))
    assert.deepEqual(opened.take(aMessage('case.received', '2026-02-24')), [])
  })

  it('starts anew with the corrected materials', () => {
    const opened = new Case()
    opened.take(aSubmission('2026-09-18'))
    opened.take(aMessage('correction.requested', '2026-09-21'))
    opened.take(aMessage('case.supplemented', '2026-09-28', { materials: [aMaterial('M01')] }, '2026-09-30'))
    assert.deepEqual(opened.summary, [
      'T1 2026-09-20 running',
      'T2 2026-10-09 running',
      'T3b 2026-10-13 running',
    ])
  })

  it('was met in time where only the report came late', () => {
    const opened = new Case()
    opened.take(aSubmission('2026-02-13'))
    opened.clocks = opened.clocks.map((clock) => ({ ...clock, state: 'overdue' }))
    opened.take(aMessage('case.accepted', '2026-02-24', {}, '2026-02-26'))
    assert.ok(opened.summary.includes('T2 2026-02-24 met'))
  })
})

describe('T4, deciding (art. 21)', () => {
  it('does not run before acceptance, and then for the promised limit', () => {
    const opened = new Case()
    opened.take(aSubmission('2026-09-17'))
    assert.ok(!opened.clocks.some(({ clock }) => clock === 'T4'))
    opened.take(aMessage('case.accepted', '2026-09-18'))
    assert.ok(opened.summary.includes('T4 2026-10-22 running'))
  })

  it('is met by the decision on its last day, and overdue by a later one', () => {
    for (const [on, state] of [
      ['2026-10-22', 'met'],
      ['2026-10-23', 'overdue'],
    ] as const) {
      const opened = accepted('2026-09-18')
      opened.take(aMessage('case.decided', on))
      assert.ok(opened.summary.includes(`T4 2026-10-22 ${state}`))
    }
  })

  it('is longer by the working days of a publicity, the day of its end included', () => {
    const opened = accepted('2026-09-18')
    opened.take(aMessage('procedure.started', '2026-10-09', { kind: 'publicity' }))
    assert.ok(opened.summary.includes('T4 2026-10-22 paused'))
    // 10, 12, 13, 14, 15, 16 October: 10 is a Saturday that is worked.
    opened.take(aMessage('procedure.ended', '2026-10-16', { kind: 'publicity' }))
    assert.ok(opened.summary.includes('T4 2026-10-30 running'))
    assert.deepEqual(opened.facts, { corrections: 0 })
  })

  it('adds up several procedures', () => {
    const opened = accepted('2026-09-18')
    for (const [from, until] of [
      ['2026-10-12', '2026-10-14'],
      ['2026-10-15', '2026-10-16'],
    ] as const) {
      opened.take(aMessage('procedure.started', from, { kind: 'hearing' }))
      opened.take(aMessage('procedure.ended', until, { kind: 'hearing' }))
    }
    assert.ok(opened.summary.includes('T4 2026-10-27 running'))
  })

  it('runs on through a publicity where the item does not leave it out, and pauses for a hearing', () => {
    const opened = accepted('2026-09-18', { ...item, excludesPublicity: false })
    assert.deepEqual(opened.take(aMessage('procedure.started', '2026-10-09', { kind: 'publicity' })), [])
    assert.deepEqual(opened.take(aMessage('procedure.ended', '2026-10-16', { kind: 'publicity' })), [])
    opened.take(aMessage('procedure.started', '2026-10-19', { kind: 'hearing' }))
    assert.ok(opened.summary.includes('T4 2026-10-22 paused'))
  })

  it('is put off by an extension for at most ten working days', () => {
    const opened = accepted('2026-09-18')
    opened.take(aMessage('procedure.started', '2026-10-12', { kind: 'extension' }))
    opened.take(aMessage('procedure.ended', '2026-12-11', { kind: 'extension' }))
    assert.ok(opened.summary.includes('T4 2026-11-05 running'))
  })

  it('does not end while it was paused, on its last day over a weekend', () => {
    const opened = accepted('2026-10-19', { ...item, promisedDays: 4 })
    assert.ok(opened.summary.includes('T4 2026-10-23 running'))
    opened.take(aMessage('procedure.started', '2026-10-23', { kind: 'inspection' }))
    opened.take(aMessage('procedure.ended', '2026-10-25', { kind: 'inspection' }))
    assert.ok(opened.summary.includes('T4 2026-10-26 running'))
  })

  it('does not move for a procedure that ends on the day it started', () => {
    const opened = accepted('2026-09-18')
    opened.take(aMessage('procedure.started', '2026-10-12', { kind: 'hearing' }))
    opened.take(aMessage('procedure.ended', '2026-10-12', { kind: 'hearing' }))
    assert.ok(opened.summary.includes('T4 2026-10-22 running'))
  })

  it('is not saved by a procedure that starts after its last day', () => {
    const opened = accepted('2026-09-18')
    opened.take(aMessage('procedure.started', '2026-10-23', { kind: 'hearing' }))
    assert.ok(opened.summary.includes('T4 2026-10-22 overdue'))
    assert.deepEqual(opened.take(aMessage('procedure.ended', '2026-10-30', { kind: 'hearing' })), [])
  })

  it('is provisional beyond the calendar, also where only the pause reaches there', () => {
    assert.equal(accepted('2026-12-28').clocks.find(({ clock }) => clock === 'T4')?.provisional, true)
    const opened = accepted('2026-12-02')
    assert.equal(opened.clocks.find(({ clock }) => clock === 'T4')?.provisional, false)
    opened.take(aMessage('procedure.started', '2026-12-30', { kind: 'hearing' }))
    opened.take(aMessage('procedure.ended', '2027-01-05', { kind: 'hearing' }))
    assert.equal(opened.clocks.find(({ clock }) => clock === 'T4')?.provisional, true)
  })

  it('stays provisional where a procedure does not move it', () => {
    const opened = accepted('2026-12-28')
    opened.take(aMessage('procedure.started', '2026-12-30', { kind: 'hearing' }))
    opened.take(aMessage('procedure.ended', '2026-12-30', { kind: 'hearing' }))
    assert.equal(opened.clocks.find(({ clock }) => clock === 'T4')?.provisional, true)
  })

  it('refuses to guess when the procedure started', () => {
    const opened = accepted('2026-09-18')
    opened.take(aMessage('procedure.started', '2026-10-12', { kind: 'hearing' }))
    opened.facts = {}
    assert.throws(
      () => opened.take(aMessage('procedure.ended', '2026-10-14', { kind: 'hearing' })),
      TypeError,
    )
  })
})

describe('T3b, counting as accepted (行政许可法 art. 32)', () => {
  const overdue = (opened: Case, clock: string): Deadline[] => {
    const { startedAt, dueDate } = opened.clocks.find((one) => one.clock === clock) as Deadline
    return opened.take(aMessage('deadline.overdue', '2026-09-26', { clock, owner: 'x', startedAt, dueDate }))
  }

  it('starts the decision clock from the day of receipt, which a late acceptance leaves alone', () => {
    const opened = new Case()
    opened.take(aSubmission('2026-09-18'))
    overdue(opened, 'T3b')
    const deemed = 'T4 2026-10-22 running'
    assert.ok(opened.summary.includes(deemed) && opened.summary.includes('T3b 2026-09-24 overdue'))
    opened.take(aMessage('case.accepted', '2026-09-28'))
    assert.ok(opened.summary.includes(deemed), opened.summary.join())
    assert.deepEqual(opened.take(aMessage('case.supplemented', '2026-09-29', { materials: [] })), [])
  })

  it('does so too where nobody watched and the acceptance itself comes too late', () => {
    const opened = new Case()
    opened.take(aSubmission('2026-09-18'))
    opened.take(aMessage('case.accepted', '2026-09-28'))
    assert.ok(opened.summary.includes('T4 2026-10-22 running'), opened.summary.join())
  })

  it('never ran where a correction was asked for in time and only reported late', () => {
    const opened = new Case()
    opened.take(aSubmission('2026-09-18'))
    overdue(opened, 'T3b')
    opened.take(aMessage('correction.requested', '2026-09-21', {}, '2026-09-28'))
    assert.deepEqual(opened.summary.slice(1), [
      'T2 2026-09-21 met',
      'T3b 2026-09-24 met',
      'T4 2026-10-22 void',
    ])
  })
})

describe('what the hub says about a clock', () => {
  it('concerns the run that it means, and no other', () => {
    const opened = new Case()
    opened.take(aSubmission('2026-09-18'))
    const { startedAt } = opened.clocks.find(({ clock }) => clock === 'T2') as Deadline
    const of = { clock: 'T2', owner: 'x', startedAt, dueDate: '2026-09-21' }
    for (const other of [{ dueDate: '2026-09-22' }, { startedAt: at('2026-09-17') }, { clock: 'T4' }])
      assert.deepEqual(opened.take(aMessage('deadline.warned', '2026-09-21', { ...of, ...other })), [])
    const [warned] = opened.take(aMessage('deadline.warned', '2026-09-21', of))
    assert.equal(warned?.warned, true)
    opened.take(aMessage('deadline.overdue', '2026-09-22', of))
    assert.deepEqual(opened.take(aMessage('deadline.overdue', '2026-09-22', of)), [])
  })

  it('hands open clocks over to the system that takes the place of their owner', () => {
    const opened = new Case()
    opened.take(aSubmission('2026-09-18'))
    const to = 'county-411381'
    const redirected = { redirectedAt: at('2026-09-19'), from: 'county-410526', to, reason: '换代' }
    opened.take(aMessage('case.redirected', '2026-09-19', redirected))
    assert.deepEqual(opened.clocks.map(({ clock, owner }) => `${clock} ${owner}`).sort(), [
      'T1 city-411300',
      `T2 ${to}`,
      `T3b ${to}`,
    ])
  })
})

describe('the end of a case', () => {
  it('makes every clock void that still runs when the applicant withdraws', () => {
    const early = new Case()
    early.take(aSubmission('2026-09-18'))
    early.take(aMessage('case.withdrawn', '2026-09-18'))
    assert.deepEqual(early.summary, ['T1 2026-09-20 void', 'T2 2026-09-21 void', 'T3b 2026-09-24 void'])
    const late = accepted('2026-09-18')
    late.take(aMessage('procedure.started', '2026-10-12', { kind: 'hearing' }))
    late.take(aMessage('case.withdrawn', '2026-11-30'))
    assert.deepEqual(late.summary, [
      'T1 2026-09-20 met',
      'T2 2026-09-21 met',
      'T3b 2026-09-24 met',
      'T4 2026-10-22 void',
    ])
  })

  it('does not forgive what was overdue by then', () => {
    const opened = new Case()
    opened.take(aSubmission('2026-09-18'))
    opened.take(aMessage('case.withdrawn', '2026-09-22'))
    assert.deepEqual(opened.summary, [
      'T1 2026-09-20 overdue',
      'T2 2026-09-21 overdue',
      'T3b 2026-09-24 void',
    ])
  })

  it('ends the decision clock when the case is returned, and the paper clock when it is refused', () => {
    const returned = accepted('2026-09-18')
    returned.take(aMessage('case.returned', '2026-10-09'))
    assert.deepEqual(returned.summary, [
      'T1 2026-09-20 met',
      'T2 2026-09-21 met',
      'T3b 2026-09-24 met',
      'T4 2026-10-22 void',
    ])
    const refused = new Case()
    refused.take(aSubmission('2026-09-18'))
    refused.take(aMessage('case.refused', '2026-09-20'))
    assert.deepEqual(refused.summary, ['T1 2026-09-20 void', 'T2 2026-09-21 met', 'T3b 2026-09-24 met'])
  })

  it('changes nothing with messages that no clock waits for', () => {
    const opened = accepted('2026-09-18')
    for (const type of [
      'step.recorded',
      'case.completed',
      'result.delivered',
      'evaluation.submitted',
      'paper.received',
    ] as const) {
      assert.deepEqual(opened.take(aMessage(type, '2026-10-09')), [], type)
    }
  })

  it('leaves a clock as it is that was found overdue and whose act came too late', () => {
    const opened = new Case()
    opened.take(aSubmission('2026-09-18'))
    opened.clocks = opened.clocks.map((clock) => ({ ...clock, state: 'overdue' }))
    assert.deepEqual(opened.take(aMessage('paper.posted', '2026-09-30')), [])
  })

  it('does not change a clock that has ended', () => {
    const opened = accepted('2026-09-18')
    assert.deepEqual(opened.take(aMessage('paper.posted', '2026-10-12')), [])
  })
})
