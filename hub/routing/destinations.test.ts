import assert from 'node:assert/strict'
import {
  DECIDING_TYPES,
  HUB_TYPES,
  MESSAGE_TYPES,
  type MessageType,
  RECEIVING_TYPES,
} from '../contract/message.ts'
import { destinationsOf, type Parties, type PartyRole, typesFor } from './destinations.ts'

const everybody = (): boolean => true
const nobody = (): boolean => false

const split: Parties = { streams: [], origin: 'nanyang', decider: 'huaxian', copies: ['registry'] }
const own: Parties = { streams: [], origin: 'nanyang', decider: 'nanyang', copies: ['registry'] }
const province: Parties = { streams: [], origin: 'nanyang', decider: 'registry', copies: ['huaxian'] }

const rows: readonly (readonly [
  title: string,
  type: MessageType,
  sender: string,
  parties: Parties,
  expected: readonly string[],
])[] = [
  [
    'a submission goes to the decider and the copies',
    'case.submitted',
    'nanyang',
    split,
    ['huaxian', 'registry'],
  ],
  ['a decision goes to the origin and the copies', 'case.decided', 'huaxian', split, ['nanyang', 'registry']],
  [
    'a submission reaches the decider that is the origin',
    'case.submitted',
    'nanyang',
    own,
    ['nanyang', 'registry'],
  ],
  [
    'a decision reaches the origin that is the decider',
    'case.decided',
    'nanyang',
    own,
    ['nanyang', 'registry'],
  ],
  [
    'the province decides, the region gets a copy',
    'case.submitted',
    'nanyang',
    province,
    ['registry', 'huaxian'],
  ],
  ['a copy that is the sender gets nothing back', 'paper.received', 'registry', split, ['nanyang']],
  [
    'a copy that is the addressee is told once',
    'case.accepted',
    'registry',
    {
      streams: [],
      origin: 'nanyang',
      decider: 'registry',
      copies: ['nanyang', 'nanyang', 'huaxian', 'huaxian'],
    },
    ['nanyang', 'huaxian'],
  ],
  [
    'an origin that has a copy gets no copy of what it said',
    'paper.posted',
    'nanyang',
    { streams: [], origin: 'nanyang', decider: 'registry', copies: ['nanyang'] },
    ['registry'],
  ],
]

describe('destinationsOf', () => {
  for (const [title, type, sender, parties, expected] of rows) {
    it(title, () => {
      assert.deepEqual(destinationsOf(type, sender, parties, everybody), expected)
    })
  }

  it('leaves out copies whose format lacks the type', () => {
    assert.deepEqual(
      destinationsOf('case.decided', 'huaxian', split, (system) => system !== 'registry'),
      ['nanyang'],
    )
  })

  it('sends the addressee what is mandatory even where its format lacks it, so that it shows', () => {
    for (const type of typesFor('decider'))
      assert.deepEqual(destinationsOf(type, 'nanyang', split, nobody), ['huaxian'])
    for (const type of typesFor('origin'))
      assert.deepEqual(destinationsOf(type, 'huaxian', split, nobody), ['nanyang'])
  })

  it('sends the addressee other types only where its format has them', () => {
    assert.deepEqual(destinationsOf('step.recorded', 'huaxian', split, nobody), [])
    assert.deepEqual(
      destinationsOf('paper.posted', 'nanyang', split, (system) => system === 'huaxian'),
      ['huaxian'],
    )
  })

  it('sends every type of each side to the other side and nobody twice', () => {
    for (const type of RECEIVING_TYPES)
      assert.deepEqual(destinationsOf(type, 'nanyang', split, everybody), ['huaxian', 'registry'], type)
    for (const type of DECIDING_TYPES)
      assert.deepEqual(destinationsOf(type, 'huaxian', split, everybody), ['nanyang', 'registry'], type)
  })

  const hubRows: readonly (readonly [MessageType, Parties, readonly string[]])[] = [
    ['deadline.warned', split, ['huaxian']],
    ['deadline.overdue', split, ['huaxian']],
    ['deadline.overdue', { ...split, deadlineOwner: 'nanyang' }, ['nanyang']],
    ['notice.requested', { ...split, notices: ['sms', 'sms', 'wechat'] }, ['sms', 'wechat']],
    ['notice.requested', split, []],
    ['assist.missed', split, ['huaxian', 'registry']],
    ['escalation.raised', split, []],
    ['item.published', split, []],
    ['message.rejected', split, []],
  ]
  for (const [type, parties, expected] of hubRows) {
    it(`sends the hub's own ${type} to ${expected.join(' and ') || 'nobody'}`, () => {
      assert.deepEqual(destinationsOf(type, undefined, parties, everybody), expected)
      assert.deepEqual(destinationsOf(type, undefined, parties, nobody), [])
    })
  }

  it('sends every type to every stream, last, also what nobody else is told', () => {
    const streams = ['event-stream', 'supervision']
    for (const type of MESSAGE_TYPES) {
      const sender = HUB_TYPES.some((own) => own === type) ? undefined : 'nanyang'
      const others = destinationsOf(type, sender, split, nobody)
      assert.deepEqual(
        destinationsOf(type, sender, { ...split, streams }, nobody),
        [...others, ...streams],
        type,
      )
    }
  })

  it('has a destination rule for each of the hub’s own types', () => {
    for (const type of HUB_TYPES)
      assert.doesNotThrow(() => destinationsOf(type, undefined, split, everybody), type)
  })
})

describe('typesFor', () => {
  it('asks the deciding side for what the receiving side says, and the other way round', () => {
    const sides: readonly (readonly [PartyRole, readonly MessageType[]])[] = [
      ['decider', RECEIVING_TYPES],
      ['origin', DECIDING_TYPES],
      ['copy', RECEIVING_TYPES],
    ]
    for (const [role, side] of sides)
      assert.ok(typesFor(role).length > 0 && typesFor(role).every((type) => side.includes(type)), role)
  })
})
