/** Run by crash.test.ts in a process of its own: accepts without end and prints the ids that were accepted. */
import { writeSync } from 'node:fs'
import { anAcceptance } from '../fixtures.ts'
import { openSqliteStore } from './sqlite-store.ts'

const [file, run] = process.argv.slice(2) as [string, string]
const store = await openSqliteStore({ file })

async function writeOn(writer: number): Promise<never> {
  for (let count = 0; ; count++) {
    const id = `${run}-${writer}-${count}`
    const acceptance = anAcceptance({ id, destinations: ['tax', 'police'] })
    // The fixtures number from one in every process; this file is written by several.
    const deliveries = acceptance.deliveries.map((delivery, index) => ({ ...delivery, id: `${id}-${index}` }))
    const { outcome } = await store.messageAccept({ ...acceptance, deliveries })
    if (outcome === 'accepted') writeSync(1, `${id}\n`)
  }
}

await Promise.all(Array.from({ length: 8 }, (_, writer) => writeOn(writer)))
