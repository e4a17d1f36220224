/** Run by sole-owner.test.ts in a process of its own: owns the store, leases everything, says so, and waits to be killed. */
import { writeSync } from 'node:fs'
import { lease } from '../conformance/steps.ts'
import { openSqliteStore } from './sqlite-store.ts'

const [file] = process.argv.slice(2) as [string]
const store = await openSqliteStore({ file, soleOwner: true })
const leased = await lease(store, { leaseMs: 86_400_000 })
writeSync(1, `${JSON.stringify(leased.map(({ delivery, fence }) => [delivery.id, fence]))}\n`)
// Standing input stays open for as long as the test wants the owner to live.
process.stdin.resume()
