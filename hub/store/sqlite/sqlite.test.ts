import type { Store } from '../../contract/store.ts'
import { keepsStoreContract } from '../conformance.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

keepsStoreContract('the SQLite store', async () => {
  const { file, erase } = await temporaryFolder()
  let open = await openSqliteStore({ file })
  const beside: Store[] = []
  return {
    store: open,
    reopen: async () => {
      await open.close()
      open = await openSqliteStore({ file })
      return open
    },
    openBeside: async () => {
      const store = await openSqliteStore({ file })
      beside.push(store)
      return store
    },
    transactions: () => open.commitCounts().transactions,
    dispose: async () => {
      await Promise.all([open, ...beside].map((store) => store.close()))
      await erase()
    },
  }
})
