import { keepsStoreContract } from '../conformance.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

keepsStoreContract('the SQLite store', async () => {
  const { file, erase } = await temporaryFolder()
  let open = await openSqliteStore({ file })
  return {
    store: open,
    reopen: async () => {
      await open.close()
      open = await openSqliteStore({ file })
      return open
    },
    transactions: () => open.commitCounts().transactions,
    dispose: async () => {
      await open.close()
      await erase()
    },
  }
})
