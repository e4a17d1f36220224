/**
 * What one office tells another, in the simulators' own neutral words. A format writes a letter as its partner writes
 * it and reads what the hub sends to that partner. Types carry the names that the hub uses on the wire (`x-hub-type`,
 * the `type` of its answers). Times are epoch milliseconds, days `YYYY-MM-DD` Beijing.
 */

export interface Clerk {
  readonly id: string
  readonly name: string
}

/** Who signs for a step of a decision. */
export interface Office {
  readonly org: { readonly code: string; readonly name: string }
  readonly clerk: Clerk
}

export interface Window {
  readonly hallId: string
  readonly hallName: string
  readonly windowId: string
  readonly clerk: Clerk
}

export interface Applicant {
  readonly name: string
  /** Resident identity number with a valid check digit; made up. */
  readonly residentId: string
  readonly mobile: string
  readonly address: string
}

export interface HandedIn {
  readonly code: string
  readonly name: string
  readonly originals: number
  readonly copies: number
  readonly files: readonly {
    readonly id: string
    readonly name: string
    readonly size: number
    readonly sm3: string
  }[]
}

export interface ItemChoice {
  readonly catalogCode: string
  readonly taskCode: string
  readonly handleItem: string
  readonly version: number
  readonly name: string
  readonly scenario: string
}

export interface Submission {
  readonly type: 'case.submitted'
  readonly item: ItemChoice
  readonly applicant: Applicant
  readonly appliedAt: number
  readonly receivedAt: number
  readonly receivingRegion: string
  readonly jurisdictionRegion: string
  readonly window: Window
  readonly materials: readonly HandedIn[]
}

export interface Supplement {
  readonly type: 'case.supplemented'
  readonly at: number
  /** From 1. */
  readonly round: number
  readonly noticeNo: string | undefined
  readonly window: Window
  readonly materials: readonly HandedIn[]
}

export interface HandedOver {
  readonly type: 'result.delivered'
  readonly at: number
  readonly recipient: Applicant
  readonly window: Window
}

interface Decision {
  readonly at: number
  readonly departmentNo: string
  readonly office: Office
}

export interface Received extends Decision {
  readonly type: 'case.received'
}

export interface AcceptedLetter extends Decision {
  readonly type: 'case.accepted'
  readonly noticeNo: string
  readonly promisedDay: string
}

export interface Refused extends Decision {
  readonly type: 'case.refused'
  readonly noticeNo: string
  readonly reasons: readonly string[]
}

export interface Correction extends Decision {
  readonly type: 'correction.requested'
  readonly noticeNo: string
  readonly round: number
  readonly things: readonly CorrectionThing[]
  readonly dueDay: string
}

export interface CorrectionThing {
  readonly code: string
  readonly name: string
  readonly requirement: string
}

export interface ProcedureStarted extends Decision {
  readonly type: 'procedure.started'
  readonly procedureNo: string
  readonly name: string
  readonly reason: string
  readonly expectedEndDay: string
}

export interface ProcedureEnded extends Decision {
  readonly type: 'procedure.ended'
  readonly procedureNo: string
  readonly name: string
  readonly result: string
}

export interface Step extends Decision {
  readonly type: 'step.recorded'
  readonly name: string
  readonly startedAt: number
  readonly opinion: string
}

export interface Decided extends Decision {
  readonly type: 'case.decided'
  readonly granted: boolean
  readonly opinion: string
  readonly documentNo: string
}

export interface Completed extends Decision {
  readonly type: 'case.completed'
  readonly granted: boolean
  readonly explanation: string
  readonly licence?: Licence
}

export interface Licence {
  readonly name: string
  readonly number: string
  readonly issuer: string
  readonly issuedDay: string
  readonly validFromDay: string
  readonly validUntilDay: string
}

export type DecidingLetter =
  | Received
  | AcceptedLetter
  | Refused
  | Correction
  | ProcedureStarted
  | ProcedureEnded
  | Step
  | Decided
  | Completed

export type Letter = Submission | Supplement | HandedOver | DecidingLetter

/** What goes on every letter, besides what it says. */
export interface Envelope {
  /** The sender's own number of this letter, new for each, the same on every repeat of its bytes. */
  readonly letterNo: string
  /** Its place among the sender's letters about the case, from 1. */
  readonly position: number
  /** Number of the case as the hub gave it; absent until it has. */
  readonly caseNo: string | undefined
  /** The sender's own number of the case. */
  readonly ownNo: string
  readonly sender: { readonly id: string; readonly region: string }
  readonly writtenAt: number
}

/**
 * What a receiver needs of a document that the hub sent. Reading throws a `Misread` where any of it is absent.
 * `caseName` is what the document calls the case: the hub's number, or the receiver's own where its format uses that.
 */
export type Reading = { readonly caseName: string } & (
  | {
      readonly type: 'case.submitted'
      readonly residentId: string
      readonly applicantName: string
      /** Implementing code, and the scenario in the catalogue's word for it. */
      readonly taskCode: string
      readonly scenario: string
      readonly receivingRegion: string
      readonly jurisdictionRegion: string
      readonly materials: readonly { readonly name: string }[]
    }
  | { readonly type: 'case.supplemented'; readonly materials: readonly { readonly name: string }[] }
  | {
      readonly type: 'correction.requested'
      readonly noticeNo: string | undefined
      readonly things: readonly { readonly code: string | undefined; readonly name: string }[]
    }
  | { readonly type: 'case.completed'; readonly granted: boolean; readonly licenceNo: string | undefined }
  | { readonly type: 'case.refused'; readonly reasons: readonly string[] }
  | { readonly type: 'other'; readonly name: string }
)

/** The hub sent something that this partner cannot read: its developer would ring up at once. */
export class Misread extends Error {}
