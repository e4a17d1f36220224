import assert from 'node:assert/strict'
import type { CaseRow } from '../contract/store.ts'
import { beforeApplication } from './judge.ts'

const row = { facts: { appliedAt: '2026-10-09T16:40:11+08:00' } } as unknown as CaseRow

function codesOf(receivedAt: string): string[] {
  const mapped = { mapping: { type: 'case.received' }, draft: { data: { receivedAt } } }
  return beforeApplication(row, mapped as unknown as Parameters<typeof beforeApplication>[1]).map(
    ({ code }) => code,
  )
}

describe('what happened to a case', () => {
  it('did not happen before it was applied for', () => {
    assert.deepEqual(codesOf('2026-10-09T16:40:11+08:00'), [])
    assert.deepEqual(codesOf('2026-10-09T16:40:10+08:00'), ['EVENT_BEFORE_APPLICATION'])
    assert.deepEqual(codesOf('2026-10-08T00:00:00+08:00'), ['EVENT_BEFORE_APPLICATION'])
  })

  it('may have happened on that day, where its sender tells the day alone', () => {
    assert.deepEqual(codesOf('2026-10-09T00:00:00+08:00'), [])
  })
})
