/** What a simulator has to know about its vendor's interface: how to write, how to read, how to answer. */
import type { Envelope, Letter, Reading } from './letter.ts'

/** `duplicate`: it was taken before, under the same idempotency key. */
export type Verdict = 'taken' | 'duplicate' | 'refused'

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

export interface PartnerFormat {
  readonly name: string
  /** Media type of everything written, with its charset. */
  readonly contentType: string
  /** The same letter and envelope give the same bytes. */
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
}
