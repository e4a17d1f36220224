/** What stores are tested with: builders whose defaults make a whole out of the little that a test cares about. */
import { beijingTime, uuidV7 } from '../contract/clock.ts'
import type { Message, MessageType } from '../contract/message.ts'
import type {
  Acceptance,
  Attempt,
  CaseRow,
  Deadline,
  ExternalId,
  LeasedDelivery,
  NonceUse,
  Settlement,
} from '../contract/store.ts'

/** 2026-09-30T10:00:00+08:00, when messages of the fixtures were recorded unless a test says otherwise. */
export const START_MS = Date.parse('2026-09-30T10:00:00+08:00')

let issued = 0

/** A UUIDv7 never issued before in this process; grows. */
export function aNewId(): string {
  issued += 1
  const bytes = new Uint8Array(10)
  new DataView(bytes.buffer).setUint32(6, issued)
  return uuidV7(START_MS + issued, () => bytes)
}

export interface Wanted {
  readonly id?: string
  readonly caseNo?: string
  /** Version of the case after this message, which is also the message's sequence; 1 opens the case. */
  readonly version?: number
  readonly type?: MessageType
  /** Sender. */
  readonly system?: string
  readonly key?: string
  readonly bodyDigest?: string
  readonly nonce?: NonceUse
  readonly recordedAtMs?: number
  /** A delivery each, in this order. */
  readonly destinations?: readonly string[]
  readonly externalIds?: readonly ExternalId[]
  /** Deadlines of the case; its number is filled in. */
  readonly deadlines?: readonly Deadline[]
  readonly bytes?: Uint8Array
  readonly answer?: Readonly<Record<string, unknown>>
  readonly data?: object
  readonly case?: Partial<CaseRow>
}

/** An acceptance of a case of its own with one delivery, or as wanted. */
export function anAcceptance(wanted: Wanted = {}): Acceptance {
  const id = wanted.id ?? aNewId()
  const caseNo = wanted.caseNo ?? `411400-${id}`
  const version = wanted.version ?? 1
  const system = wanted.system ?? 'shangqiu'
  const recordedAtMs = wanted.recordedAtMs ?? START_MS
  const at = beijingTime(recordedAtMs)
  const type = wanted.type ?? (version === 1 ? 'case.submitted' : 'step.recorded')
  return {
    raw: {
      bytes: wanted.bytes ?? Buffer.from(`{"sblsh":"${id}","sqrmc":"测试甲"}`),
      contentType: 'application/json',
      declaredCharset: 'utf-8',
      detectedCharset: 'utf-8',
    },
    message: {
      specversion: '1.0',
      id,
      source: `/systems/${system}`,
      type,
      subject: caseNo,
      time: at,
      datacontenttype: 'application/json',
      dataschema: `urn:hub:canonical:${type}:1`,
      // A store does not look into the data, so it need not be valid.
      data: (wanted.data ?? { applicant: { name: '测试甲' } }) as Message['data'],
      sequence: version,
      recordedat: at,
    },
    idempotency: { system, key: wanted.key ?? id, bodyDigest: wanted.bodyDigest ?? `digest of ${id}` },
    ...(wanted.nonce === undefined ? {} : { nonce: wanted.nonce }),
    case: {
      caseNo,
      version,
      state: 'submitted',
      origin: system,
      decider: 'human-resources',
      copies: ['supervision'],
      taskCode: '11410000MB0R2573XQ4411014001000',
      scenario: 'default',
      receivingRegion: '411400000000',
      jurisdictionRegion: '410000000000',
      simulated: false,
      openedAt: at,
      changedAt: at,
      facts: { materials: ['身份证明'] },
      ...wanted.case,
    },
    externalIds: wanted.externalIds ?? [],
    deliveries: (wanted.destinations ?? ['human-resources']).map((destination) => ({
      id: aNewId(),
      destination,
      mappingVersion: `${destination}@1`,
    })),
    deadlines: (wanted.deadlines ?? []).map((deadline) => ({ ...deadline, caseNo })),
    answer: wanted.answer ?? { caseNo },
    audit: {
      atMs: recordedAtMs,
      actor: system,
      action: 'message.accepted',
      subject: id,
      details: { caseNo },
    },
  }
}

export function aDeadline(wanted: Partial<Deadline> = {}): Deadline {
  return {
    clock: 'T1',
    caseNo: '41140020260930000001',
    owner: 'human-resources',
    startedAt: beijingTime(START_MS),
    dueDate: '2026-10-15',
    provisional: false,
    state: 'running',
    ...wanted,
  }
}

export function anAttempt(wanted: Partial<Attempt> = {}): Attempt {
  return {
    startedAtMs: START_MS + 1_000,
    endedAtMs: START_MS + 1_250,
    outcome: 'receipt',
    words: '',
    sent: undefined,
    answered: undefined,
    ...wanted,
  }
}

/** The settlement of a lease: `delivered`, or as wanted. */
export function aSettlement(lease: LeasedDelivery, wanted: Partial<Settlement> = {}): Settlement {
  const failed = wanted.state !== undefined && wanted.state !== 'delivered'
  return {
    deliveryId: lease.delivery.id,
    fence: lease.fence,
    state: 'delivered',
    counts: true,
    dueAtMs: START_MS + 60_000,
    reference: undefined,
    reason: failed
      ? { code: 'DELIVERY_RETRY_LATER', words: '系统忙，请稍后再试', owner: 'partner' }
      : undefined,
    maybeSent: false,
    attempt: anAttempt(failed ? { outcome: 'retry-later', words: '系统忙，请稍后再试' } : {}),
    ...wanted,
  }
}
