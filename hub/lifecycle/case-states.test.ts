import assert from 'node:assert/strict'
import { MESSAGE_TYPES, type MessageType, sideOf } from '../contract/message.ts'
import { CASE_STATES, type CaseState } from '../contract/store.ts'
import { allowedIn, isEnded, stateAfter } from './case-states.ts'

function walk(...types: MessageType[]): CaseState | undefined {
  return types.reduce<CaseState | undefined>(
    (state, type) => (state === undefined ? undefined : stateAfter(state, type)),
    'submitted',
  )
}

describe('the states of a case', () => {
  it('lead from submission to the result in the applicant’s hands', () => {
    assert.equal(
      walk('case.received', 'case.accepted', 'case.decided', 'case.completed', 'result.delivered'),
      'closed',
    )
  })

  it('allow any number of corrections before acceptance', () => {
    assert.equal(
      walk(
        'correction.requested',
        'case.supplemented',
        'correction.requested',
        'case.supplemented',
        'case.accepted',
      ),
      'accepted',
    )
  })

  it('pause for a special procedure and go on after it', () => {
    assert.equal(walk('case.accepted', 'procedure.started'), 'paused')
    assert.equal(walk('case.accepted', 'procedure.started', 'case.decided'), undefined)
    assert.equal(walk('case.accepted', 'procedure.started', 'procedure.ended', 'case.decided'), 'decided')
  })

  it('refuse what the regulation does not know: completed before accepted, accepted twice, decided after refusal', () => {
    assert.equal(walk('case.completed'), undefined)
    assert.equal(walk('case.accepted', 'case.accepted'), undefined)
    assert.equal(walk('case.refused', 'case.decided'), undefined)
    assert.equal(walk('case.supplemented'), undefined)
    assert.equal(walk('case.accepted', 'case.decided', 'case.withdrawn'), undefined)
  })

  it('end in closed, refused, returned and withdrawn, which no message of progress leaves', () => {
    const progress = MESSAGE_TYPES.filter(
      (type) => sideOf(type) !== 'hub' && /^case\.|^procedure\.|^correction\./.test(type),
    )
    for (const state of CASE_STATES.filter(isEnded)) {
      for (const type of progress) assert.equal(stateAfter(state, type), undefined, `${type} in ${state}`)
    }
  })

  it('can all be reached, and can all be left or are ends', () => {
    const reached = new Set<CaseState>(['submitted'])
    for (const state of reached)
      for (const type of allowedIn(state)) reached.add(stateAfter(state, type) as CaseState)
    assert.deepEqual([...reached].sort(), [...CASE_STATES].sort())
  })

  it('are not moved by the hub’s own messages', () => {
    for (const type of MESSAGE_TYPES.filter((type) => sideOf(type) === 'hub'))
      assert.equal(stateAfter('accepted', type), 'accepted')
  })
})
