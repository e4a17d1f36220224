import { keepsStoreContract } from '../conformance.ts'
import { openMemoryStore } from './memory-store.ts'

keepsStoreContract('the memory store', async () => {
  const store = openMemoryStore()
  return { store, dispose: () => store.close() }
})
