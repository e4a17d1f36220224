import assert from 'node:assert/strict'
import { aNewId } from '../fixtures.ts'
import type { Current } from './opened-store.ts'
import { accept } from './steps.ts'

/** What is asked about one case. */
export function caseClauses(current: Current): void {
  describe('reading a case', () => {
    it('finds a case by its number and by any of its external ids', async () => {
      const { store } = current()
      const externalIds = [
        { system: 'shangqiu', value: 'SQ-1' },
        { system: 'human-resources', value: 'RS/2026/9' },
      ]
      const { case: row } = await accept(store, { externalIds })

      assert.deepEqual(await store.caseGet({ caseNo: row.caseNo }), row)
      for (const externalId of externalIds) assert.deepEqual(await store.caseGet({ externalId }), row)
    })

    it('answers undefined or an empty list for what is not there', async () => {
      const { store } = current()
      await accept(store)

      assert.equal(await store.messageGet({ id: aNewId() }), undefined)
      assert.equal(await store.caseGet({ caseNo: 'none' }), undefined)
      assert.equal(await store.caseGet({ externalId: { system: 'shangqiu', value: 'none' } }), undefined)
      assert.deepEqual(await store.caseTimeline({ caseNo: 'none' }), [])
      assert.deepEqual(await store.externalIdList({ caseNo: 'none' }), [])
      assert.deepEqual(await store.deadlineList({ caseNo: 'none' }), [])
      assert.deepEqual(await store.attemptList({ deliveryId: 'none' }), [])
    })

    it('shows the case as the last message left it', async () => {
      const { store } = current()
      const { case: first } = await accept(store, { destinations: [] })
      const changed = {
        state: 'accepted',
        decider: 'tax',
        copies: ['supervision', 'zhoukou'],
        taskCode: '11410000MB0R2573XQ4411014001001',
        scenario: 'second',
        receivingRegion: '411600000000',
        jurisdictionRegion: '411400000000',
        changedAt: '2026-10-01T09:00:00+08:00',
        openedAt: first.openedAt,
        facts: { fee: 12.5 },
      } as const
      const { case: second } = await accept(store, { caseNo: first.caseNo, version: 2, case: changed })

      assert.deepEqual(await store.caseGet({ caseNo: first.caseNo }), { ...first, ...changed, version: 2 })
      assert.deepEqual(await store.caseGet({ caseNo: first.caseNo }), second)
    })

    it('lists external ids by system, those of later messages included', async () => {
      const { store } = current()
      const own = { system: 'shangqiu', value: 'SQ-1' }
      const { case: row } = await accept(store, { externalIds: [own] })
      const department = { system: 'human-resources', value: 'RS-1' }
      await accept(store, { caseNo: row.caseNo, version: 2, externalIds: [department] })
      await accept(store, { externalIds: [{ system: 'police', value: 'of another case' }] })

      assert.deepEqual(await store.externalIdList({ caseNo: row.caseNo }), [department, own])
    })

    it('tells the timeline by sequence, each message with its own deliveries by position', async () => {
      const { store } = current()
      const caseNo = aNewId()
      const first = await accept(store, { caseNo, destinations: ['tax', 'police'] })
      await accept(store, { destinations: ['tax'] })
      const second = await accept(store, { caseNo, version: 2, destinations: [] })
      const third = await accept(store, { caseNo, version: 3, destinations: ['police'] })

      const timeline = await store.caseTimeline({ caseNo })
      assert.deepEqual(
        timeline.map(({ message }) => message),
        [first.message, second.message, third.message],
      )
      assert.deepEqual(
        timeline.map(({ deliveries }) => deliveries.map(({ id }) => id)),
        [first, second, third].map(({ deliveries }) => deliveries.map(({ id }) => id)),
      )
      const all = await store.deliveryList({ caseNo, limit: 10 })
      assert.deepEqual(
        timeline.flatMap(({ deliveries }) => deliveries),
        all,
      )
    })
  })
}
