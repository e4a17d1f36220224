/** The oracle of the kill test must be able to say no: each kind of damage, made on purpose. */
import assert from 'node:assert/strict'
import { Ledger } from '../simulators/ledger.ts'
import type { Province } from '../simulators/province/province.ts'
import type { Books } from './books.ts'
import { isClean, type Verdict, verdictOf } from './verdict.ts'

const WELL: Books = { missing: [], open: [] }

/** One case with two messages for one department, both seen in order, then whatever the test adds. */
function verdict(
  change: (ledger: Ledger) => void = () => undefined,
  { books = WELL, error }: { readonly books?: Books; readonly error?: unknown } = {},
): Verdict {
  const ledger = new Ledger()
  for (const sequence of [1, 2]) acknowledge(ledger, sequence)
  for (const messageId of ['m1', 'm2']) arrive(ledger, messageId)
  change(ledger)
  const troubles = error === undefined ? [] : [{ system: 'tax', error }]
  return verdictOf({ ledger, refusals: [], troubles } as unknown as Province, books)
}

function acknowledge(ledger: Ledger, sequence: number, ownId = `own-${sequence}`): void {
  ledger.acknowledged({
    sender: 'city',
    ownId,
    messageId: `m${sequence}`,
    caseNo: 'c1',
    type: 'step.recorded',
    sequence,
    due: ['tax'],
  })
}

function arrive(ledger: Ledger, messageId: string): void {
  ledger.effect('tax', messageId)
  ledger.arrived({ receiver: 'tax', messageId, caseNo: 'c1', type: 'step.recorded' })
}

describe('verdict', () => {
  it('is clean where everything accepted took effect once and in order', () => {
    const { words, ...clean } = verdict()
    assert.ok(isClean({ words, ...clean }))
    assert.deepEqual(clean, {
      accepted: 2,
      delivered: 2,
      lost: 0,
      doubled: 0,
      misordered: 0,
      unacknowledged: 0,
      troubles: 0,
    })
  })

  it('counts what was accepted and never seen, and what the hub forgot, as lost', () => {
    assert.equal(verdict((ledger) => acknowledge(ledger, 3)).lost, 1)
    assert.equal(verdict(undefined, { books: { ...WELL, missing: ['m1'] } }).lost, 1)
  })

  it('counts a second effect, and a message that became two, as doubled', () => {
    assert.equal(verdict((ledger) => ledger.effect('tax', 'm1')).doubled, 1)
    assert.equal(verdict((ledger) => acknowledge(ledger, 3, 'own-2')).doubled, 1)
  })

  it('counts a case that was seen in another order as misordered', () => {
    const swapped = verdict((ledger) => {
      acknowledge(ledger, 3)
      acknowledge(ledger, 4)
      arrive(ledger, 'm4')
      arrive(ledger, 'm3')
    })
    assert.deepEqual([swapped.misordered, isClean(swapped)], [1, false])
  })

  it('counts what was seen and never acknowledged, what stayed open, and what a partner could not read', () => {
    assert.equal(verdict((ledger) => arrive(ledger, 'm9')).unacknowledged, 1)
    assert.equal(verdict(undefined, { books: { ...WELL, open: ['c1 is dead'] } }).troubles, 1)
    assert.equal(verdict(undefined, { error: new Error('cannot read') }).troubles, 1)
  })

  it('does not blame the hub for a request that the network broke off', () => {
    assert.ok(
      isClean(verdict(undefined, { error: Object.assign(new Error('aborted'), { code: 'ECONNRESET' }) })),
    )
  })
})
