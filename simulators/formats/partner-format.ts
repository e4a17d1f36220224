/** What a simulator has to know about its vendor's interface: how to write, how to read, how to answer. */
import type { Envelope, Letter, Reading } from './letter.ts'

/** `duplicate`: it was taken before, under the same idempotency key. */
export type Verdict = 'taken' | 'duplicate' | 'refused'

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

/**
 * What every partner can do, and below it what a protocol asks for besides: a format has the side of each protocol that
 * its systems speak (`wire/<kind>.ts`), and REST and the inbox need none.
 */
export interface PartnerFormat {
  readonly name: string
  /** Media type of everything written, with its charset. */
  readonly contentType: string
  /** The same letter and envelope give the same bytes. Where a protocol has a side below, it says what the bytes are. */
  write(letter: Letter, envelope: Envelope): Buffer
  /** Bytes to document, in the partner's own character set. @throws Misread */
  decode(body: Buffer): unknown
  /**
   * @param document as the hub sent it, pushed or from the inbox
   * @throws Misread where something that this partner needs is missing
   */
  read(document: unknown): Reading
  /** @param about.reference the partner's own number for what it took */
  answer(
    verdict: Verdict,
    about: { readonly reference: string; readonly words: string; readonly nowMs: number },
  ): Answer
  /**
   * What the hub will call the letter (`externalId` in `GET /v1/cases/{caseNo}/messages`), as the partner's mapping takes
   * it from the document. Absent: the envelope's `letterNo`. A letter whose protocol has no answer counts as
   * acknowledged once it is found there.
   */
  externalId?(letter: Letter, envelope: Envelope): string
  readonly soap?: SoapSide
  readonly amqp?: AmqpSide
  readonly table?: TableSide
  readonly file?: FileSide
}

/**
 * `write` gives the operation's element as it stands in soap:Body, UTF-8, with the namespaces that it needs; `decode` is
 * handed the content of soap:Body of the hub's call, and `answer` gives the content of soap:Body of the reply. The wire
 * makes and opens the envelopes, proves who it is and reads Faults.
 */
export interface SoapSide {
  /** What the hub's reply to a letter says. @param content of soap:Body; never a Fault. @throws Misread */
  readReply(content: string): SoapReply
}

export interface SoapReply {
  /** `later`: the same call is to be repeated. */
  readonly verdict: Verdict | 'later'
  readonly words: string
}

/** `write` gives the body of the notice. What the hub publishes is handed to `decode` as it stands. */
export interface AmqpSide {
  /** Binding of the system's own queue at the exchange that the hub publishes to. Absent: everything. */
  readonly incomingKey?: string
  /** Routing key at the exchange that the listener's queue is bound to. */
  routingKey(letter: Letter, envelope: Envelope): string
  /** Property `message-id`, the same on every repeat of the letter. */
  messageId(letter: Letter, envelope: Envelope): string
  /**
   * What the hub gets when it fetches what the notice is about. Of two letters with one path the later detail is shown,
   * to whoever asks from then on.
   * @returns path as it stands in the notice, with its slash
   */
  detail?(letter: Letter, envelope: Envelope): { readonly path: string; readonly body: Buffer }
}

/** Who is told what, where the protocol itself does not carry it: the hub's own id, type and case number. */
export interface Identity {
  readonly messageId: string
  /** As the hub names it: `case.submitted` … */
  readonly type: string
  readonly caseNo: string
}

/**
 * `write` gives JSON `{"rows":[{"table":…,"row":{column: text or null}}]}`: the row that the hub polls, and those that it
 * reads with it; all are inserted in one transaction. `read` is handed a row that the hub wrote, as
 * `{"table":…,"row":{…},"details":{<as>: [row…]}}`, every value text or null.
 */
export interface TableSide {
  /** Makes every table of both ways with its keys, in an empty database; one statement each. */
  statements(engine: 'postgresql' | 'mysql'): readonly string[]
  /**
   * Tables in which the hub writes, one row a message; rows that go with it are its details. All are read at one moment,
   * in the order of the hub's message ids, which grow with time (UUIDv7).
   */
  readonly incoming: readonly IncomingTable[]
  /** Tables that the hub polls. */
  readonly outgoing: readonly OutgoingTable[]
  /** @param document as `read` gets it. @throws Misread */
  identify(document: unknown): Identity
}

export interface IncomingTable {
  readonly name: string
  /** Columns of its primary key: by them the row is marked. */
  readonly key: readonly string[]
  /** How this reader tells what it has read: in its own column, that the hub fills with `waiting`. */
  readonly flag: {
    readonly column: string
    readonly waiting: string
    readonly taken: string
    readonly refused: string
  }
  readonly details?: readonly {
    readonly table: string
    /** Column of the detail, by the column of the row that it equals. */
    readonly by: Readonly<Record<string, string>>
    readonly as: string
    readonly orderBy: string
  }[]
}

export interface OutgoingTable {
  readonly name: string
  /** Columns, version included, by which the letter's row is found again. */
  readonly key: readonly string[]
  /** Where the hub marks what it took or refused. */
  readonly flag: { readonly column: string; readonly taken: string; readonly refused: string }
  /** Column in which the hub tells why it refused. */
  readonly words?: string
}

/** `write` gives the whole file; `decode` is handed a whole file. */
export interface FileSide {
  /**
   * Name below the folder that letters are dropped into, a folder of its own included: `410000/HN_410000_SL_20261022_0003.txt`.
   * The same for every repeat of the letter, another for every other.
   */
  fileName(letter: Letter, envelope: Envelope): string
  /** @param name of the file, without its folder. @throws Misread */
  identify(name: string, document: unknown): Identity
}
