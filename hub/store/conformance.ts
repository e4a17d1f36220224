/**
 * What every store must keep, clause by clause of the port (hub/contract/store.ts). A store's own test file calls
 * this once; the store that tests stand in with passes the same suite as the one in production.
 */
import { acceptClauses } from './conformance/accept.ts'
import { caseClauses } from './conformance/case.ts'
import { claimClauses } from './conformance/claim.ts'
import { deadlineClauses } from './conformance/deadline.ts'
import { evidenceClauses } from './conformance/evidence.ts'
import { fairClauses } from './conformance/fair.ts'
import { fileClauses } from './conformance/files.ts'
import { inboxClauses } from './conformance/inbox.ts'
import { leaseClauses } from './conformance/lease.ts'
import { lifeClauses } from './conformance/life.ts'
import { listClauses } from './conformance/list.ts'
import { modelClause } from './conformance/model.ts'
import { movingClauses } from './conformance/moving.ts'
import { nonceClauses } from './conformance/nonce.ts'
import type { OpenedStore, OpenStore } from './conformance/opened-store.ts'
import { orderClauses } from './conformance/order.ts'
import { replayClauses } from './conformance/replay.ts'

/** Declares the mocha suite. `open` gives a new, empty store for every test. */
export function keepsStoreContract(name: string, open: OpenStore): void {
  describe(`${name} keeps the store contract`, () => {
    let opened: OpenedStore | undefined
    const current = (): OpenedStore => opened as OpenedStore

    beforeEach(async () => {
      opened = await open()
    })

    afterEach(async () => {
      await opened?.dispose()
      opened = undefined
    })

    acceptClauses(current)
    caseClauses(current)
    orderClauses(current)
    leaseClauses(current)
    fairClauses(current)
    claimClauses(current)
    evidenceClauses(current)
    replayClauses(current)
    movingClauses(current)
    deadlineClauses(current)
    listClauses(current)
    inboxClauses(current)
    nonceClauses(current)
    fileClauses(current)
    lifeClauses(current)
    modelClause(current)
  })
}
