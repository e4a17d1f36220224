/** Run by crash.test.ts in a process of its own: accepts, leases and settles without end and prints what was acknowledged. */
import { writeSync } from 'node:fs'
import { lease } from '../conformance/steps.ts'
import { anAcceptance, aSettlement } from '../fixtures.ts'
import { openPostgresStore } from './postgres-store.ts'
import { standingClock } from './test-schema.ts'

const [url, run] = process.argv.slice(2) as [string, string]
const store = await openPostgresStore({ url, clock: standingClock })

async function acceptOn(writer: number): Promise<never> {
  for (let count = 0; ; count++) {
    const id = `${run}-${writer}-${count}`
    const acceptance = anAcceptance({ id, destinations: ['tax', 'police'] })
    // The fixtures number from one in every process; this schema is written by several.
    const deliveries = acceptance.deliveries.map((delivery, index) => ({ ...delivery, id: `${id}-${index}` }))
    const { outcome } = await store.messageAccept({ ...acceptance, deliveries })
    if (outcome === 'accepted') writeSync(1, `accepted ${id}\n`)
  }
}

async function deliver(): Promise<never> {
  for (;;) {
    const leased = await lease(store, { destination: 'tax', owner: run, limit: 10 })
    const held = await store.deliverySettle(leased.map((one) => aSettlement(one)))
    for (const [index, { delivery }] of leased.entries())
      if (held[index]) writeSync(1, `delivered ${delivery.id}\n`)
  }
}

await Promise.all([...Array.from({ length: 8 }, (_, writer) => acceptOn(writer)), deliver()])
