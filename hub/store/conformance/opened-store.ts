import type { Store } from '../../contract/store.ts'

/** A store under test, and what the suite may do with it besides calling its verbs. */
export interface OpenedStore {
  readonly store: Store
  /** Closes `store` and opens its data again; absent where nothing survives. */
  readonly reopen?: () => Promise<Store>
  /** Opens a second store on the same data, as another node has it; `dispose` closes it. Absent where data are not shared. */
  readonly openBeside?: () => Promise<Store>
  /** Committed transactions since opening; absent where the store does not group. */
  readonly transactions?: () => number
  /** Closes whatever is open and erases the data. */
  dispose(): Promise<void>
}

export type OpenStore = () => Promise<OpenedStore>

/** The opened store of the running test. */
export type Current = () => OpenedStore
