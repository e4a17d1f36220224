import assert from 'node:assert/strict'
import { loadTopology } from '../config/load-topology.ts'
import type { Item } from '../config/topology.ts'
import type { CanonicalData } from '../contract/canonical.ts'
import type { Message, MessageType } from '../contract/message.ts'
import { shippedTopology } from '../testing/edited-topology.ts'
import { openCase } from './case-states.ts'
import { foldCase } from './fold.ts'

const { calendar, items } = loadTopology(shippedTopology, {})
const item = items.get('1141000000000901362410190001000')?.[0] as Item
const at = (date: string): string => `${date}T10:00:00+08:00`

function aMessage<Type extends MessageType>(
  sequence: number,
  type: Type,
  happened: string,
  data: Partial<CanonicalData[Type]> = {},
  replayof?: string,
): Message {
  return {
    specversion: '1.0',
    id: `m${sequence}`,
    source: '/systems/county-410526',
    type,
    subject: 'CASE-1',
    time: at(happened),
    datacontenttype: 'application/json',
    dataschema: `urn:hub:canonical:${type}:1`,
    data: data as unknown as Message['data'],
    sequence,
    recordedat: at(happened),
    ...(replayof === undefined ? {} : { replayof }),
  }
}

const submission = aMessage(1, 'case.submitted', '2026-09-18', {
  appliedAt: at('2026-09-18'),
  applicant: { type: '1', name: '测试甲', certificate: { type: '111', number: '410101190001010015' } },
  receiving: { regionCode: '411300', receivedAt: at('2026-09-18') },
  jurisdiction: { regionCode: '410526' },
  materials: [],
})
const parties = { origin: 'city-411300', decider: 'county-410526', copies: [] }
const row = openCase(
  submission as Message<'case.submitted'>,
  parties,
  { taskCode: item.taskCode, scenario: 'renewal' },
  'NY-1',
)
const fold = (...messages: Message[]) => {
  const folded = foldCase([submission, ...messages], row, { item, calendar })
  const clocks = [...folded.deadlines.values()].map(
    ({ clock, dueDate, state }) => `${clock} ${dueDate} ${state}`,
  )
  return { ...folded, clocks: clocks.sort() }
}

describe('folding a case', () => {
  it('puts a correction, and the correction of a correction, where the first message stood', () => {
    const accepted = aMessage(2, 'case.accepted', '2026-09-21')
    const decided = aMessage(3, 'case.decided', '2026-10-20', { result: 'granted' })
    const folded = fold(
      accepted,
      decided,
      aMessage(4, 'case.accepted', '2026-09-20', {}, 'm2'),
      aMessage(5, 'case.accepted', '2026-09-18', {}, 'm4'),
    )

    assert.deepEqual([folded.row.state, folded.row.version, folded.movedBy], ['decided', 3, 'm3'])
    assert.deepEqual(folded.clocks, ['T2 2026-09-21 met', 'T3b 2026-09-24 met', 'T4 2026-10-22 met'])
    assert.equal(folded.row.facts.originNumber, 'NY-1')
  })

  it('names the message that moved the case last, which a correction then is', () => {
    const refused = aMessage(2, 'case.refused', '2026-09-21')
    assert.equal(fold(refused).movedBy, 'm2')
    assert.equal(fold(refused, aMessage(3, 'complaint.raised', '2026-09-22')).movedBy, 'm2')
    assert.equal(fold(refused, aMessage(3, 'case.refused', '2026-09-20', {}, 'm2')).movedBy, 'm3')
  })

  it('refuses what does not begin with a submission, or corrects nothing', () => {
    assert.throws(() => foldCase([], row, { item, calendar }), TypeError)
    assert.throws(() => fold(aMessage(2, 'case.accepted', '2026-09-21', {}, 'm9')), TypeError)
  })
})
