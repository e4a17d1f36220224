import assert from 'node:assert/strict'
import { Breaker } from './breaker.ts'

const pause = { firstMs: 1000, factor: 2, maxMs: 8000, jitter: 0, attempts: 99 }
const breaker = (failures = 3): Breaker => new Breaker({ failures, pause })
const fail = (it: Breaker, nowMs: number, times = 1): void => {
  for (let n = 0; n < times; n++) it.note('retry-later', nowMs, 0.5)
}

describe('the circuit breaker', () => {
  it('opens after so many transient outcomes in a row, not before, and any answer starts the count anew', () => {
    const it_ = breaker()
    fail(it_, 0, 2)
    it_.note('rejected', 0, 0.5)
    fail(it_, 0, 2)
    assert.equal(it_.allowance(0, 8), 8)
    fail(it_, 0)
    assert.equal(it_.allowance(0, 8), 0)
    assert.equal(it_.openUntilMs, 1000)
  })

  it('opens at once when the link is lost', () => {
    const it_ = breaker()
    assert.equal(it_.note('link-lost', 5, 0.5), true)
    assert.equal(it_.stateAt(5), 'open')
  })

  it('lets one probe through after the pause, closes on an answer and pauses longer on none', () => {
    const it_ = breaker(1)
    fail(it_, 0)
    assert.equal(it_.allowance(999, 8), 0)
    assert.equal(it_.allowance(1000, 8), 1)
    fail(it_, 1000)
    assert.equal(it_.openUntilMs, 3000)
    fail(it_, 3000)
    assert.equal(it_.openUntilMs, 7000)
    it_.note('receipt', 7000, 0.5)
    assert.equal(it_.allowance(7000, 8), 8)
    fail(it_, 7000)
    assert.equal(it_.openUntilMs, 8000, 'after an answer the pauses start small again')
  })

  it('is not lengthened by attempts that were under way when it opened', () => {
    const it_ = breaker(1)
    fail(it_, 0)
    fail(it_, 10, 5)
    it_.note('link-lost', 20, 0.5)
    assert.equal(it_.openUntilMs, 1000)
    assert.equal(it_.pauses, 1)
  })

  it('learns nothing from a message that could not be mapped', () => {
    const it_ = breaker(1)
    it_.note('unmappable', 0, 0.5)
    assert.equal(it_.stateAt(0), 'closed')
    fail(it_, 0)
    it_.note('unmappable', 1000, 0.5)
    assert.equal(it_.stateAt(1000), 'half-open')
  })
})
