/** What a simulator has to know about its vendor's interface: how to write, how to read, how to answer. */
import type { Envelope, Letter, Reading } from './letter.ts'

export interface Answer {
  readonly status: number
  readonly body: string
}

export interface PartnerFormat {
  readonly name: string
  /** Media type of everything written, with its charset. */
  readonly contentType: string
  /** The same letter and envelope give the same bytes. */
  write(letter: Letter, envelope: Envelope): Buffer
  /**
   * @param document as the hub sent it, pushed or from the inbox
   * @throws Misread where something that this partner needs is missing
   */
  read(document: unknown): Reading
  /** @param reference the partner's own number for what it took */
  taken(reference: string): Answer
  /** It was taken before, under the same idempotency key. */
  duplicate(reference: string): Answer
  refused(words: string): Answer
}
