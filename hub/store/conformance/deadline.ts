import assert from 'node:assert/strict'
import type { Deadline } from '../../contract/store.ts'
import { aDeadline, aNewId } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import { accept } from './steps.ts'

/** Clocks over all cases: what the watcher asks. */
export function deadlineClauses(current: Current): void {
  const running = (caseNo: string, wanted: Partial<Deadline>) =>
    accept(current().store, { caseNo, destinations: [], deadlines: [aDeadline(wanted)] })
  const find = async (wanted: Partial<Parameters<ReturnType<Current>['store']['deadlineFind']>[0]> = {}) =>
    (
      await current().store.deadlineFind({
        clock: 'T2',
        warned: false,
        dueUntil: '2026-10-09',
        limit: 10,
        ...wanted,
      })
    ).map(({ caseNo, dueDate }) => `${caseNo} ${dueDate}`)

  describe('finding clocks by due date', () => {
    it('finds those that run and are due by that day, by due date and case number', async () => {
      await running('C', { clock: 'T2', dueDate: '2026-10-08' })
      await running('B', { clock: 'T2', dueDate: '2026-10-09' })
      await running('A', { clock: 'T2', dueDate: '2026-10-09' })
      await running('D', { clock: 'T2', dueDate: '2026-10-10' })
      await running('E', { clock: 'T1', dueDate: '2026-10-08' })
      for (const state of ['paused', 'met', 'overdue', 'void'] as const)
        await running(aNewId(), { clock: 'T2', dueDate: '2026-10-08', state })

      assert.deepEqual(await find(), ['C 2026-10-08', 'A 2026-10-09', 'B 2026-10-09'])
      assert.deepEqual(await find({ limit: 0 }), [])
      assert.deepEqual(await find({ limit: 2 }), ['C 2026-10-08', 'A 2026-10-09'])
      assert.deepEqual(await find({ after: { dueDate: '2026-10-09', caseNo: 'A' } }), ['B 2026-10-09'])
      assert.deepEqual(await find({ clock: 'T1' }), ['E 2026-10-08'])
      assert.deepEqual(await find({ clock: 'T9' }), [])
    })

    it('keeps what was warned of apart, and forgets it when the clock is written anew without it', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const warned = aDeadline({ clock: 'T2', dueDate: '2026-10-08', warned: true })
      await accept(store, { caseNo, destinations: [], deadlines: [warned] })

      assert.deepEqual(await store.deadlineList({ caseNo }), [{ ...warned, caseNo }])
      assert.deepEqual(await find(), [])
      assert.deepEqual(await find({ warned: true }), [`${caseNo} 2026-10-08`])
      const { warned: _, ...anew } = warned
      await accept(store, { caseNo, version: 2, destinations: [], deadlines: [anew] })
      assert.deepEqual(await store.deadlineList({ caseNo }), [{ ...anew, caseNo }])
      assert.deepEqual(await find(), [`${caseNo} 2026-10-08`])
    })
  })
}
