/** One system with a wire, and a hub of which no more is there than its list of a case's messages. */
import { type Fault, Faults } from '../faults.ts'
import type { Envelope, Letter, Reading } from '../formats/letter.ts'
import { Misread } from '../formats/letter.ts'
import type { PartnerFormat } from '../formats/partner-format.ts'
import { Ledger } from '../ledger.ts'
import { Outbox, type Sending } from '../outbox.ts'
import { Party } from '../party.ts'
import { machineTime, pause, seededChance, trueRandomBytes } from '../time.ts'
import { type Grounds, openGrounds } from '../wire/grounds.ts'
import type { HubAnswer, HubClient } from '../wire/hub-client.ts'
import type { Carrier, WireParts } from '../wire/wire.ts'

export const PASSWORD = 'correct horse'
const LIMIT_MS = 10_000

export interface WireBench {
  readonly parts: WireParts
  readonly grounds: Grounds
  readonly ledger: Ledger
  readonly heard: Reading[]
  readonly troubles: unknown[]
  /** From now on the hub shows a message of the sender with this id. */
  shows(externalId: string): void
  /** A letter through the carrier. */
  carry(carrier: Carrier | undefined): Promise<HubAnswer>
}

const LETTER: Letter = {
  type: 'case.received',
  at: 1_767_225_600_000,
  departmentNo: 'BM1',
  office: { org: { code: 'ZJ', name: '测试局' }, clerk: { id: 'J1', name: '李测试' } },
}
const ENVELOPE: Envelope = {
  letterNo: 'BM1-1',
  position: 1,
  caseNo: 'c1',
  ownNo: 'BM1',
  sender: { id: 'department', region: '410000' },
  writtenAt: 1_767_225_600_000,
}

/** A format that carries an id, a type and a case, in JSON; a test adds the side of its wire. */
export const PLAIN: PartnerFormat = {
  name: 'plain',
  contentType: 'application/json; charset=utf-8',
  write: (letter, { letterNo, caseNo }) =>
    Buffer.from(JSON.stringify({ id: letterNo, type: letter.type, case: caseNo })),
  decode: (body) => JSON.parse(body.toString('utf8')) as unknown,
  read: (document) => {
    const { case: caseName, type } = document as { case?: string; type?: string }
    if (caseName === undefined || type === undefined) throw new Misread('case or type is missing')
    return { type: 'other', name: type, caseName }
  },
  answer: (verdict) => ({ status: 200, body: Buffer.from(`{"verdict":"${verdict}"}`) }),
}

export function wireBench(
  format: PartnerFormat,
  options: {
    readonly faults?: readonly Fault[]
    readonly environment?: Readonly<Record<string, string>>
  } = {},
): WireBench {
  const { environment = {} } = options
  const ledger = new Ledger()
  const heard: Reading[] = []
  const troubles: unknown[] = []
  const shown: object[] = []
  const client: HubClient = {
    call: async () => ({ status: 200, headers: {}, body: Buffer.from(JSON.stringify({ messages: shown })) }),
  }
  const system = {
    id: 'department',
    name: { zh: '测试部门', en: 'Department' },
    role: 'department',
    region: '410000',
    format: format.name,
    key: { id: 'k1', algorithm: 'hmac-sm3', secretName: 'K' },
    sharedSecrets: [],
    outbound: undefined,
    inbound: [],
    door: undefined,
  } as const
  const onTrouble = (_system: string, error: unknown): void => void troubles.push(error)
  const silent: Carrier = { carry: () => Promise.reject(new Error('nothing is carried')) }
  const party = new Party({
    system,
    format,
    outbox: new Outbox(silent, machineTime, seededChance(1)),
    ledger,
    faults: new Faults(options.faults),
    time: machineTime,
    onRefusal: () => undefined,
    onTrouble,
  })
  party.seat((reading) => heard.push(reading))
  const grounds = openGrounds({ scope: trueRandomBytes(5).toString('hex'), folder: undefined, environment })
  const parts: WireParts = {
    party,
    system,
    format,
    outbound: undefined,
    inbound: [],
    client,
    hubAddress: () => 'http://127.0.0.1:1',
    secret: () => PASSWORD,
    environment,
    grounds,
    time: machineTime,
    onTrouble,
  }
  return {
    parts,
    grounds,
    ledger,
    heard,
    troubles,
    shows: (externalId) =>
      void shown.push({ messageId: `m-${externalId}`, type: LETTER.type, sequence: 2, externalId }),
    carry: async (carrier) => {
      const { contentType } = format
      const body = format.write(LETTER, ENVELOPE)
      const sending: Sending = { caseKey: 'BM1', letter: LETTER, envelope: ENVELOPE, contentType, body }
      if (carrier === undefined) throw new Error('The wire carries nothing.')
      return carrier.carry(sending, AbortSignal.timeout(LIMIT_MS))
    },
  }
}

/** Asks until it is so. @throws TimeoutError after ten seconds */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const limit = AbortSignal.timeout(LIMIT_MS)
  while (!(await isTrue())) await pause(machineTime, 20, limit)
}
