import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MESSAGE_TYPES, type MessageType, sideOf } from '../contract/message.ts'
import { CASE_STATES, type CaseState } from '../contract/store.ts'
import { allowedIn, isEnded, mayStillCome, stateAfter } from './case-states.ts'

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

  describe('know what may still come', () => {
    const states = fc.constantFrom(...CASE_STATES)
    const types = fc.constantFrom(...MESSAGE_TYPES)
    const walks = fc.array(types, { maxLength: 12 })
    /** The state after those of the messages that are allowed when their turn comes. */
    const walked = (start: CaseState, path: readonly MessageType[]): CaseState =>
      path.reduce((state, type) => stateAfter(state, type) ?? state, start)

    it('wherever some walk leads to a state that takes the message', () => {
      fc.assert(
        fc.property(states, walks, types, (start, path, type) => {
          if (stateAfter(walked(start, path), type) !== undefined)
            assert.equal(mayStillCome(start, type), true)
        }),
      )
    })

    it('never again once it is past: no walk brings back what was too late', () => {
      fc.assert(
        fc.property(states, walks, types, (start, path, type) => {
          if (mayStillCome(start, type)) return
          assert.equal(stateAfter(walked(start, path), type), undefined)
          assert.equal(mayStillCome(walked(start, path), type), false)
        }),
      )
    })

    it('exactly where the table, followed to its end, allows the message', () => {
      // Floyd–Warshall's closure, where the function under test walks.
      const leads = new Map(
        CASE_STATES.map((from) => [
          from,
          new Set([from, ...allowedIn(from).map((type) => stateAfter(from, type) as CaseState)]),
        ]),
      )
      for (const via of CASE_STATES)
        for (const reach of leads.values())
          if (reach.has(via)) for (const to of leads.get(via) as Set<CaseState>) reach.add(to)
      for (const state of CASE_STATES)
        for (const type of MESSAGE_TYPES)
          assert.equal(
            mayStillCome(state, type),
            [...(leads.get(state) as Set<CaseState>)].some((at) => stateAfter(at, type) !== undefined),
            `${type} in ${state}`,
          )
    })

    it('as a window would say it', () => {
      assert.equal(mayStillCome('submitted', 'case.decided'), true)
      assert.equal(mayStillCome('received', 'case.supplemented'), true)
      assert.equal(mayStillCome('completed', 'case.supplemented'), false)
      assert.equal(mayStillCome('accepted', 'case.accepted'), false)
      assert.equal(mayStillCome('withdrawn', 'case.decided'), false)
      assert.equal(mayStillCome('closed', 'complaint.raised'), true)
    })
  })
})
