/** What everybody in a run shares. */
import type { Topology } from '../hub/config/topology.ts'
import type { Store } from '../hub/contract/store.ts'
import type { Dice } from './dice.ts'
import type { FaultBook } from './fault-book.ts'
import type { Plan } from './plan.ts'
import type { Province } from './province.ts'
import type { Receiver } from './receiver.ts'
import type { Sabotage } from './sabotage.ts'
import type { Owner, Scheduler } from './scheduler.ts'
import type { Witness } from './witness.ts'

export interface World {
  readonly plan: Plan
  readonly province: Province
  readonly topology: Topology
  readonly scheduler: Scheduler
  readonly book: FaultBook
  readonly witness: Witness
  /** How long things take on the way. */
  readonly latency: Dice
  /** What survives: the one store below all nodes. */
  readonly durable: Store
  readonly receivers: ReadonlyMap<string, Receiver>
  /** Everything that is not a node of the hub. */
  readonly outside: Owner
  readonly sabotage: Sabotage | undefined
  /** A message was committed, by whatever node. */
  readonly committed: (
    destinations: readonly string[],
    submission: { readonly caseNo: string; readonly externalId: string } | undefined,
  ) => void
  /** A node gave destinations up; the others are told. */
  readonly released: (by: Owner, destinations: readonly string[]) => void
  /** A delivery came to need a person. */
  readonly parked: (deliveryId: string) => void
}

/** Mostly a few milliseconds, now and then much longer, so that cases overtake one another. */
export function delayOf(dice: Dice): number {
  return dice.chance(0.9) ? dice.between(0, 4) : dice.between(5, 400)
}
