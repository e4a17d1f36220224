import { keepsStoreContract } from '../conformance.ts'
import { describeOnPostgres } from './test-schema.ts'

describeOnPostgres('PostgreSQL', process.env, (schema) => {
  keepsStoreContract('the PostgreSQL store', async () => {
    const { open, empty } = schema()
    let opened = await open()
    return {
      store: opened,
      reopen: async () => {
        await opened.close()
        opened = await open()
        return opened
      },
      transactions: () => opened.commitCounts().transactions,
      dispose: empty,
    }
  })
})
