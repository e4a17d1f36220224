import assert from 'node:assert/strict'
import { type Acknowledged, Ledger } from './ledger.ts'

function anAcknowledged(entry: Partial<Acknowledged> = {}): Acknowledged {
  return {
    sender: 'city-1',
    ownId: 'c1-1',
    messageId: 'm1',
    caseNo: 'c1',
    type: 'case.submitted',
    sequence: 1,
    due: ['housing'],
    ...entry,
  }
}

const seen = (receiver: string, messageId: string) => ({
  receiver,
  messageId,
  caseNo: 'c1',
  type: 'case.submitted',
})

describe('the ledger', () => {
  it('finds nothing wrong where everything due was seen once, in order', () => {
    const ledger = new Ledger()
    ledger.acknowledged(anAcknowledged())
    ledger.acknowledged(anAcknowledged({ messageId: 'm2', ownId: 'c1-2', sequence: 2 }))
    for (const id of ['m1', 'm2']) {
      ledger.arrived(seen('housing', id))
      ledger.effect('housing', id)
    }
    assert.deepEqual(ledger.report(), {
      acknowledged: 2,
      arrivals: 2,
      effects: 2,
      lost: [],
      doubled: [],
      misordered: [],
      unacknowledged: [],
    })
  })

  it('calls an acknowledged message lost for each system that is due it and did not see it', () => {
    const ledger = new Ledger()
    ledger.acknowledged(anAcknowledged({ due: ['housing', 'city-2'] }))
    ledger.arrived(seen('city-2', 'm1'))
    assert.deepEqual(ledger.report().lost, [
      { receiver: 'housing', messageId: 'm1', caseNo: 'c1', type: 'case.submitted' },
    ])
  })

  it('takes up systems that turn out to be due a message later', () => {
    const ledger = new Ledger()
    ledger.acknowledged(anAcknowledged({ due: [] }))
    assert.equal(ledger.report().lost.length, 0)
    ledger.owed('m1', 'city-2')
    assert.deepEqual(
      ledger.report().lost.map(({ receiver }) => receiver),
      ['city-2'],
    )
  })

  it('counts arrivals again and again, but doubles only effects', () => {
    const ledger = new Ledger()
    ledger.acknowledged(anAcknowledged())
    ledger.arrived(seen('housing', 'm1'))
    ledger.effect('housing', 'm1')
    ledger.arrived(seen('housing', 'm1'))
    assert.deepEqual(ledger.report().doubled, [])
    assert.equal(ledger.report().arrivals, 2)
    ledger.effect('housing', 'm1')
    assert.deepEqual(ledger.report().doubled, [{ system: 'housing', key: 'm1', count: 2 }])
  })

  it('calls a letter doubled that the hub made two messages of', () => {
    const ledger = new Ledger()
    ledger.acknowledged(anAcknowledged())
    ledger.acknowledged(anAcknowledged())
    assert.deepEqual(ledger.report().doubled, [])
    ledger.acknowledged(anAcknowledged({ messageId: 'm9', caseNo: 'c9' }))
    assert.deepEqual(ledger.report().doubled, [{ system: 'city-1', key: 'c1-1', count: 2 }])
  })

  it('judges order by first sight, per receiver and case', () => {
    const ledger = new Ledger()
    for (const sequence of [1, 2, 3])
      ledger.acknowledged(anAcknowledged({ messageId: `m${sequence}`, ownId: `c1-${sequence}`, sequence }))
    for (const id of ['m1', 'm3', 'm2', 'm1']) ledger.arrived(seen('housing', id))
    for (const id of ['m1', 'm2', 'm2', 'm3']) ledger.arrived(seen('city-2', id))
    assert.deepEqual(ledger.report().misordered, [
      { receiver: 'housing', caseNo: 'c1', sequences: [1, 3, 2] },
    ])
  })

  it('tells of messages that reached somebody though nobody was told they were taken, but not of the hub’s own', () => {
    const ledger = new Ledger()
    ledger.arrived(seen('housing', 'm1'))
    ledger.arrived({ ...seen('housing', 'm2'), type: 'deadline.warned' })
    assert.deepEqual(
      ledger.report().unacknowledged.map(({ messageId }) => messageId),
      ['m1'],
    )
  })

  it('wakes who waits as soon as what they wait for is written', async () => {
    const ledger = new Ledger()
    const waited = ledger.until(
      () => ledger.hasSeenType('housing', 'c1', 'case.submitted'),
      new AbortController().signal,
    )
    ledger.arrived(seen('housing', 'm1'))
    await waited
  })

  it('lets who waits go when their signal fires', async () => {
    const leaving = new AbortController()
    const waited = new Ledger().until(() => false, leaving.signal)
    leaving.abort(new Error('enough'))
    await assert.rejects(waited, /enough/)
  })
})
