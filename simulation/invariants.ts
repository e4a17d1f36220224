/** What must hold when the faults are over and nobody waits for anything any more. */

import { itemOn } from '../hub/config/items.ts'
import type { Message } from '../hub/contract/message.ts'
import type { CaseRow, Deadline, Delivery, TimelineEntry } from '../hub/contract/store.ts'
import { advanceCase, factsOf, openCase } from '../hub/lifecycle/case-states.ts'
import { deadlinesAfter } from '../hub/lifecycle/deadlines.ts'
import { expectedDestinations, type Partners } from './partners.ts'
import type { World } from './world.ts'

export interface Tally {
  readonly deliveries: number
  readonly messages: number
}

/** Adds what it finds to the witness's list. */
export async function checkInvariants(world: World, partners: Partners): Promise<Tally> {
  const { durable, witness, receivers } = world
  const all = await durable.deliveryList({ limit: Number.MAX_SAFE_INTEGER })
  const caseNos = [...new Set(all.map(({ caseNo }) => caseNo))]
  const known = new Set<string>()
  const idOf = new Map<string, string>()
  for (const caseNo of caseNos) {
    const timeline = await durable.caseTimeline({ caseNo })
    await checkCase(caseNo, timeline, world, partners)
    for (const { message, deliveries } of timeline) {
      known.add(message.id)
      checkKey(message, idOf, world)
      for (const delivery of deliveries) checkDelivery(delivery, all, world)
    }
  }
  for (const [key, messageId] of witness.answered)
    if (!known.has(messageId))
      witness.fail('lost', `${key} was answered as ${messageId}; the store does not have it`)
  for (const [key, code] of witness.refusedExternalIds)
    if (idOf.has(key))
      witness.fail('contradicted', `${key} was refused (${code}) and yet taken as ${idOf.get(key)}`)
  for (const externalId of partners.unanswered) witness.fail('stuck', `nobody answers ${externalId}`)
  for (const receiver of receivers.values())
    for (const messageId of receiver.messageIds)
      if (!known.has(messageId))
        witness.fail('phantom', `${receiver.system} has ${messageId}; the store does not`)
  return { deliveries: all.length, messages: known.size }
}

/** One message of a sender's is one message of ours. */
function checkKey(message: Message, idOf: Map<string, string>, { witness }: World): void {
  const key = `${message.source.slice('/systems/'.length)} ${message.externalid}`
  const other = idOf.get(key)
  if (other !== undefined) witness.fail('doubled', `${key} was taken as ${other} and as ${message.id}`)
  idOf.set(key, message.id)
}

function checkDelivery(delivery: Delivery, all: readonly Delivery[], world: World): void {
  const { witness, receivers, plan } = world
  const name = `${delivery.caseNo}#${delivery.sequence} to ${delivery.destination}`
  const manners = plan.receivers.get(delivery.destination)
  switch (delivery.state) {
    case 'delivered':
      if (receivers.get(delivery.destination)?.has(delivery.messageId) !== true)
        witness.fail('lost', `${name} is called delivered; the receiver does not have it`)
      return
    case 'cancelled':
      return
    case 'dead': {
      const why = delivery.reason?.code
      const explained =
        (why === 'DELIVERY_GIVEN_UP' && delivery.attempts >= (manners?.retry.attempts ?? 0)) ||
        (why === 'DELIVERY_CONTRACT' &&
          witness.delivery(delivery.destination, delivery.messageId)?.refused === true)
      if (!explained) witness.fail('unexplained', `${name} is dead: ${delivery.reason?.words}`)
      return
    }
    case 'unknown':
      if (manners?.dedupes !== false)
        witness.fail('unexplained', `${name} is unknown, though the receiver drops repeats`)
      return
    case 'pending':
    case 'waiting':
    case 'leased': {
      const behind = all.some(
        (other) =>
          other.caseNo === delivery.caseNo &&
          other.destination === delivery.destination &&
          other.position < delivery.position &&
          (other.state === 'dead' || other.state === 'unknown'),
      )
      if (!behind)
        witness.fail('stuck', `${name} is ${delivery.state}${delivery.held ? ', held' : ''} for ever`)
    }
  }
}

async function checkCase(
  caseNo: string,
  timeline: readonly TimelineEntry[],
  world: World,
  partners: Partners,
): Promise<void> {
  const { witness, province } = world
  const messages = timeline.map(({ message }) => message)
  if (messages.some(({ sequence }, index) => sequence !== index + 1))
    witness.fail(
      'inconsistent',
      `${caseNo} has the sequence ${messages.map(({ sequence }) => sequence).join(', ')}`,
    )
  const plan = partners.planOf(caseNo)
  if (plan === undefined) {
    witness.fail('phantom', `${caseNo} belongs to nobody`)
    return
  }
  for (const { message, deliveries } of timeline) {
    const expected = expectedDestinations(plan, message.type, (system) => {
      const format = world.topology.systems.get(system)?.format ?? ''
      return province.formats.get(format)?.outbound.has(message.type) === true
    })
    const found = deliveries.map(({ destination }) => destination).sort()
    if (found.join() !== expected.join())
      witness.fail(
        'inconsistent',
        `${message.type} of ${caseNo} goes to ${found.join()}, not to ${expected.join()}`,
      )
  }
  await checkFold(caseNo, messages, plan.projectNo, world)
}

/** The case row and its clocks are what its messages add up to. */
async function checkFold(
  caseNo: string,
  messages: readonly Message[],
  originNumber: string | undefined,
  world: World,
): Promise<void> {
  const { durable } = world
  const stored = await durable.caseGet({ caseNo })
  const [first, ...rest] = messages
  if (stored === undefined || first === undefined) {
    world.witness.fail('inconsistent', `${caseNo} has no row, or no message`)
    return
  }
  const { origin, decider, copies, taskCode, scenario } = stored
  const found = itemOn(world.topology, { taskCode }, factsOf(stored).appliedAt.slice(0, 10))
  if (typeof found !== 'object') return
  let row: CaseRow | undefined
  const clocks = new Map<string, Deadline>()
  try {
    for (const message of [first, ...rest]) {
      const before: CaseRow =
        row ??
        openCase(
          first as Message<'case.submitted'>,
          { origin, decider, copies },
          { taskCode, scenario },
          originNumber,
        )
      const changed = deadlinesAfter({
        message,
        row: before,
        deadlines: [...clocks.values()],
        item: found.item,
        calendar: world.topology.calendar,
      })
      for (const clock of changed) clocks.set(clock.clock, clock)
      row = row === undefined ? before : advanceCase(row, message)
    }
  } catch (error) {
    world.witness.fail(
      'inconsistent',
      `the messages of ${caseNo} do not follow one another: ${String(error)}`,
    )
    return
  }
  if (canonical(row) !== canonical(stored))
    world.witness.fail(
      'inconsistent',
      `${caseNo} is ${canonical(stored)}; its messages make it ${canonical(row)}`,
    )
  const deadlines = await durable.deadlineList({ caseNo })
  const folded = [...clocks.values()].sort((one, other) => (one.clock < other.clock ? -1 : 1))
  if (canonical(folded) !== canonical(deadlines))
    world.witness.fail(
      'inconsistent',
      `the clocks of ${caseNo} are ${canonical(deadlines)}; its messages make them ${canonical(folded)}`,
    )
}

/** JSON with sorted keys: two stores may keep them in different orders. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  )
}
