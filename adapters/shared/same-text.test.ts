import assert from 'node:assert/strict'
import { sameText } from './same-text.ts'

describe('comparing a secret', () => {
  it('takes texts of any length', () => {
    assert.equal(sameText('', ''), true)
    assert.equal(sameText('a', 'ab'), false)
    assert.equal(sameText('甲'.repeat(10_000), '甲'.repeat(10_000)), true)
  })
})
