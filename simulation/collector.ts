/** A system without an address: it looks into its inbox now and then, through whatever node answers, and acknowledges. */
import type { Instance } from './instance.ts'
import { INBOX_SYSTEM } from './plan.ts'
import type { Receiver } from './receiver.ts'
import type { World } from './world.ts'

const LOOK_EVERY_MS = 5 * 60_000
/** Looks in a row that found nothing, after which it waits until something was committed for it. */
const IDLE_LOOKS = 3

export class Collector {
  readonly #world: World
  readonly #nodes: () => readonly Instance[]
  #looking = false
  #rumour = false

  constructor(world: World, nodes: () => readonly Instance[]) {
    this.#world = world
    this.#nodes = nodes
  }

  /** Something may be there. */
  wake(): void {
    this.#rumour = true
    if (!this.#looking) void this.#look()
  }

  async #look(): Promise<void> {
    const { scheduler, outside, durable } = this.#world
    this.#looking = true
    for (let idle = 0; idle < IDLE_LOOKS || this.#rumour; ) {
      this.#rumour = false
      await scheduler.delay(LOOK_EVERY_MS, outside)
      await this.#collect()
      const { pending, waiting } = await durable.deliveryCount({ destination: INBOX_SYSTEM })
      idle = pending + waiting === 0 ? idle + 1 : 0
    }
    this.#looking = false
  }

  /** Ends after a while whatever becomes of the node. */
  #collect(): Promise<void> {
    const { scheduler, outside } = this.#world
    const node = this.#nodes()[0]
    if (node === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      scheduler.after(LOOK_EVERY_MS, outside, () => resolve())
      node.serve(() => this.#readAndAcknowledge(node)).then(resolve, () => resolve())
    })
  }

  async #readAndAcknowledge(node: Instance): Promise<void> {
    const { receivers, scheduler } = this.#world
    const receiver = receivers.get(INBOX_SYSTEM) as Receiver
    const entries = await node.store.inboxRead({ system: INBOX_SYSTEM, after: 0, limit: 20 })
    for (const { message } of entries)
      receiver.take({
        messageId: message.id,
        type: message.type,
        caseNo: message.subject,
        sequence: message.sequence,
      })
    scheduler.note(`${INBOX_SYSTEM} collected ${entries.length}`)
    const deliveryIds = entries.map(({ delivery }) => delivery.id)
    if (deliveryIds.length > 0)
      await node.store.inboxAck({ system: INBOX_SYSTEM, deliveryIds, nowMs: node.localMs })
  }
}
