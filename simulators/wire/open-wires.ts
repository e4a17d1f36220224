/** The ways in and out of a system, by the kinds that its topology file names. */
import type { SimulatedSystem } from '../deployment.ts'
import { openAmqpCarrier, openAmqpDoor } from './amqp.ts'
import { openFileCarrier, openFileReader } from './file.ts'
import { pushDoor } from './rest.ts'
import { checkOf } from './signature-check.ts'
import { openSoapCarrier, openSoapDoor } from './soap.ts'
import { openTableCarrier, openTableReader } from './table.ts'
import type { Wire, WireParts } from './wire.ts'

/** The inbox is not among them: whoever has no way out to it collects there. */
export async function openWires(parts: WireParts): Promise<Wire[]> {
  const { outbound, inbound } = parts
  const out = outbound === undefined ? undefined : await wireOut(parts, outbound)
  const first = inbound[0]
  const back = first === undefined ? undefined : await wireBack(parts, first)
  return [out, back].filter((wire) => wire !== undefined)
}

/** Whether the system collects from the inbox. */
export function collectsFromInbox({ outbound }: Pick<SimulatedSystem, 'outbound'>): boolean {
  return outbound === undefined || outbound.adapter === 'mailbox'
}

async function wireOut(
  parts: WireParts,
  outbound: NonNullable<WireParts['outbound']>,
): Promise<Wire | undefined> {
  const { system, party, format, onTrouble } = parts
  switch (outbound.adapter) {
    case 'rest': {
      const { door } = system
      if (door === undefined) return undefined
      const check = checkOf(door.signing, parts.secret)
      return { door: { prefix: door.prefix, handler: pushDoor({ party, format, check, onTrouble }) } }
    }
    case 'soap':
      return openSoapDoor(parts, outbound)
    case 'amqp':
      return await openAmqpDoor(parts, outbound)
    case 'table':
      return await openTableReader(parts, outbound)
    case 'file':
      return await openFileReader(parts, outbound)
    case 'mailbox':
      return undefined
    default:
      throw new Error(`${system.id}: the simulators do not speak ${outbound.adapter}.`)
  }
}

/** Undefined where letters go through the front door: by no listener, or by one that takes signed requests as well. */
async function wireBack(parts: WireParts, inbound: WireParts['inbound'][number]): Promise<Wire | undefined> {
  switch (inbound.adapter) {
    case 'soap':
      return openSoapCarrier(parts, inbound)
    case 'amqp':
      return openAmqpCarrier(parts, inbound)
    case 'table':
      return await openTableCarrier(parts, inbound)
    case 'file':
      return await openFileCarrier(parts, inbound)
    default:
      return undefined
  }
}
