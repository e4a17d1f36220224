/** Long readings give way: with the embedded store a read needs no waiting, and many in a row would hold up all other work. */
import { setImmediate } from 'node:timers/promises'

/** Resolves once everything else that was ready has had its turn. */
export async function turn(): Promise<void> {
  await setImmediate()
}
