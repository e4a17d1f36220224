import { keepsStoreContract } from '../conformance.ts'
import { aTestSchema, needsPostgres } from './test-schema.ts'

describe('PostgreSQL', () => {
  before(needsPostgres(process.env))

  keepsStoreContract('the PostgreSQL store', async () => {
    const schema = await aTestSchema(process.env)
    let open = await schema.open()
    return {
      store: open,
      reopen: async () => {
        await open.close()
        open = await schema.open()
        return open
      },
      transactions: () => open.commitCounts().transactions,
      dispose: () => schema.erase(),
    }
  })
})
