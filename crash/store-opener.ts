/** Run under the tracer: what the start of a hub does to its store, and nothing else. */
import { openSqliteStore } from '../hub/store/sqlite/sqlite-store.ts'

const [file] = process.argv.slice(2) as [string]
const store = await openSqliteStore({ file, now: () => Date.now(), soleOwner: true })
await store.close()
