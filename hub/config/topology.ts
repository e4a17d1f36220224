/** The deployment as data: who is connected, what can be applied for, and who decides it. Read from `topology/`, checked, frozen. */

export interface Names {
  readonly zh: string
  /** Pinyin for places, English for everything else. */
  readonly en: string
}

/** A code that a region had, or still has in some list (DOMAIN: GB/T 2260 against the civil-affairs list). */
export interface RegionAlias {
  readonly code: string
  /** First day of use, `YYYY-MM-DD`; absent = since ever. */
  readonly from?: string
  /** Last day of use; absent = still accepted. */
  readonly until?: string
  readonly note?: string
}

export interface Region {
  /** Six digits (GB/T 2260); never a prefix of anything: the parent is an attribute. */
  readonly code: string
  readonly name: Names
  readonly level: 'province' | 'city' | 'county'
  /** Code of the region it reports to; absent for the province. The ten counties report to the province. */
  readonly parent?: string
  /** Code of the prefecture it lies in, where it does not report there; for display only. */
  readonly within?: string
  readonly aliases: readonly RegionAlias[]
}

/** A key that requests are signed with, of a system or an operator. */
export interface SystemKey {
  /** Public id of the key, sent with every request. */
  readonly id: string
  readonly algorithm: 'hmac-sm3' | 'hmac-sha256'
  /** Name of the secret, looked up in the environment or the secrets file; never the secret. */
  readonly secret: string
}

/** When to try again after "not now". Times in milliseconds. */
export interface RetryPolicy {
  /** Wait after the first counted attempt. */
  readonly firstMs: number
  /** Each wait is this many times the one before. */
  readonly factor: number
  readonly maxMs: number
  /** Share of the wait that is random, 0–1: full wait ± jitter/2. */
  readonly jitter: number
  /** Counted attempts after which a person decides. */
  readonly attempts: number
}

/** A token bucket: attempts per second on average, and at once. */
export interface RateLimit {
  readonly perSecond: number
  /** At least 1. */
  readonly burst: number
}

/** Beijing time, `HH:MM`; `to` is after `from` on the same day. */
export interface OpeningHours {
  readonly from: string
  readonly to: string
  /** `working`: on working days of the calendar only. */
  readonly days: 'working' | 'all'
}

export interface OutboundSettings {
  /** Name of the adapter kind. */
  readonly adapter: string
  /** The receiver drops a message whose id it has seen, so an unknown outcome may be retried. */
  readonly dedupes: boolean
  /** The receiver can be asked whether it has a message. */
  readonly queryable: boolean
  /** Deliveries under way at once, at least 1. */
  readonly concurrency: number
  /** Milliseconds after which an attempt is aborted. */
  readonly timeoutMs: number
  readonly retry: RetryPolicy
  /** Transient outcomes in a row after which the destination is left alone for a while; a lost link does so at once. */
  readonly breakerFailures: number
  /** Absent: as fast as concurrency allows. */
  readonly rate?: RateLimit
  /** Absent: at all hours. */
  readonly hours?: OpeningHours
  /** Checked against the kind's own `configSchema`. */
  readonly config: unknown
}

/** One way in which a system's messages come to the hub, beside signed requests at the front door. */
export interface InboundSettings {
  /** Name of the adapter kind. */
  readonly adapter: string
  /** Checked against the kind's own `listenSchema`. */
  readonly config: unknown
}

export interface System {
  /** `[a-z][a-z0-9-]{1,39}`. */
  readonly id: string
  readonly name: Names
  /**
   * `acceptance`: one of the 28 platform nodes below the province. `department`: decides. `notice`: SMS gateway and the
   * like. `stream`: gets every message of every case, for subscribers that the hub does not know.
   */
  readonly role: 'acceptance' | 'department' | 'notice' | 'stream'
  /** Region it serves. */
  readonly region: string
  /** Format package. */
  readonly format: string
  /** For signed requests at the front door. None for a stream, which sends nothing, and for who comes in by listeners only. */
  readonly keys: readonly SystemKey[]
  /** Environment variable without which this file is left out; absent = always there. */
  readonly enabledBy?: string
  /** Environment variable with which this file is left out: the other half of a system that is connected in one of two ways. */
  readonly disabledBy?: string
  /** Listeners; may be of another kind than `outbound`. */
  readonly inbound: readonly InboundSettings[]
  /** Absent: the system collects its messages from the inbox; in its file it names the kind mailbox, or nothing. */
  readonly outbound?: OutboundSettings
}

/** `operator` may look and act, `auditor` may only look. */
export const OPERATOR_ROLES = ['operator', 'auditor'] as const
export type OperatorRole = (typeof OPERATOR_ROLES)[number]

/** An account of a person who tends the hub or watches it. */
export interface Operator {
  /** `[a-z][a-z0-9-]{1,39}`; no system has it. The actor of audit records. */
  readonly id: string
  readonly name: Names
  readonly roles: readonly OperatorRole[]
  readonly keys: readonly SystemKey[]
}

/** 情形: what the applicant wants of the item; for the annex the six registration types. */
export interface Scenario {
  /** `initial`, `renewal` … lower case. */
  readonly code: string
  readonly name: Names
  /** 业务办理项编码, 33 characters. */
  readonly handleItem: string
}

export interface Material {
  /** Unique within the item. */
  readonly code: string
  readonly name: Names
  readonly medium: 'paper' | 'electronic' | 'either'
  /** The deciding department reviews or archives the paper (art. 6, 17). Absent = where `medium` is `paper`. */
  readonly paperRequired?: boolean
  readonly originals: number
  readonly copies: number
  readonly required: boolean
  /** Where present, required only for these scenarios. */
  readonly requiredWhen?: { readonly scenarios: readonly string[] }
  /** 容缺: may be handed in later. */
  readonly tolerable: boolean
  /** 审查要点. */
  readonly reviewPoints: Names
  /** 审查方式 (art. 6). `unspecified`: the text that the item follows does not say. */
  readonly reviewMethod: 'formal' | 'substantive' | 'original-checked' | 'unspecified'
  /** 示范文本 (art. 6): its address or number, `none`, or `unspecified`. */
  readonly sample: string
  /** 存档要求 (art. 6). */
  readonly archive: {
    readonly form: 'paper' | 'electronic' | 'both' | 'none' | 'unspecified'
    readonly by: 'city-department' | 'decider' | 'nobody' | 'unspecified'
  }
}

export interface Item {
  /** 基本编码, 12 characters. */
  readonly catalogCode: string
  /** 实施编码, 31 characters. */
  readonly taskCode: string
  readonly name: Names
  /** System id of the province department that owns it. */
  readonly owner: string
  readonly version: number
  /** First day in force, `YYYY-MM-DD`. */
  readonly effectiveFrom: string
  /** Last day in force; absent = open. */
  readonly effectiveUntil?: string
  /** Statutory limit in working days. */
  readonly statutoryDays: number
  /** Promised limit in working days, at most the statutory one. */
  readonly promisedDays: number
  /** Publicity time does not count (annex: 不含公示时间). */
  readonly excludesPublicity: boolean
  readonly scenarios: readonly Scenario[]
  readonly materials: readonly Material[]
}

/** Who decides, and who else is told. `jurisdiction` = the acceptance system of the case's jurisdiction region. */
export interface Route {
  /** Implementing code (taskCode). */
  readonly item: string
  readonly scenarios: readonly string[] | 'all'
  /** Jurisdiction regions it is for. */
  readonly regions: readonly string[] | 'all'
  readonly decides: string
  readonly copies: readonly string[]
  /** File it stands in, for error messages. */
  readonly file: string
}

/** One year of the working-day calendar (GB: State Council notice). Days not listed follow the week. */
export interface CalendarYear {
  readonly year: number
  /** Complete = the year's notice is included; an incomplete year gives CALENDAR_GAP. */
  readonly complete: boolean
  readonly source: string
  /** `YYYY-MM-DD` days off that may be weekdays. */
  readonly holidays: readonly string[]
  /** Weekend days that are worked. */
  readonly makeUpDays: readonly string[]
}

export interface Topology {
  readonly province: Region
  /** All regions by current code, the province included. */
  readonly regions: ReadonlyMap<string, Region>
  readonly systems: ReadonlyMap<string, System>
  readonly operators: ReadonlyMap<string, Operator>
  /** Acceptance system id by region code: a node's own, and that of the regions below it (art. 3). */
  readonly nodeOfRegion: ReadonlyMap<string, string>
  /** Items by implementing code (taskCode); several versions of one item are ordered by effectiveFrom. */
  readonly items: ReadonlyMap<string, readonly Item[]>
  readonly routes: readonly Route[]
  readonly calendar: readonly CalendarYear[]
}
