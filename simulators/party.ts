/**
 * One connected system: its memory of messages taken, its outbox. How messages reach it is the business of its wire, what
 * is done with them that of its desks; that nothing is done twice is the business of this file.
 */
import type { SimulatedSystem } from './deployment.ts'
import type { Faults } from './faults.ts'
import { type Envelope, type Letter, Misread, type Reading } from './formats/letter.ts'
import type { Answer, PartnerFormat, Verdict } from './formats/partner-format.ts'
import type { Ledger } from './ledger.ts'
import type { Outbox } from './outbox.ts'
import type { CaseParties } from './routing.ts'
import type { Time } from './time.ts'
import type { HubAnswer } from './wire/hub-client.ts'

/** A desk hears every message that its system takes, once each, in the order in which they came. */
export type Desk = (reading: Reading) => void

/** A case as one system knows it. */
export interface PartyCase {
  readonly parties: CaseParties
  /** The system's own number of the case. */
  readonly ownNo: string
  /** As the hub gave it; absent until it has. */
  caseNo: string | undefined
  /** Letters written so far. */
  letters: number
}

/** What the hub says to a system. */
export interface Message {
  readonly messageId: string
  readonly type: string
  readonly caseNo: string
  /** As the system's format decodes it. */
  readonly document: unknown
}

/** The hub said no, and not merely "not now". */
export interface Refusal {
  readonly system: string
  readonly type: string
  readonly caseNo: string | undefined
  readonly status: number
  /** The hub's problem document, as it came. */
  readonly problem: unknown
}

export interface PartyParts {
  readonly system: SimulatedSystem
  readonly format: PartnerFormat
  readonly outbox: Outbox
  readonly ledger: Ledger
  readonly faults: Faults
  readonly time: Time
  readonly onRefusal: (refusal: Refusal) => void
  /** Something came that this system cannot read or believe. */
  readonly onTrouble: (system: string, error: unknown) => void
}

export class Party {
  readonly #parts: PartyParts
  readonly #taken = new Set<string>()
  readonly #desks: Desk[] = []

  constructor(parts: PartyParts) {
    this.#parts = parts
  }

  get system(): SimulatedSystem {
    return this.#parts.system
  }

  get time(): Time {
    return this.#parts.time
  }

  seat(desk: Desk): void {
    this.#desks.push(desk)
  }

  get faults(): Faults {
    return this.#parts.faults
  }

  /** Takes one message and says in the system's own words what became of it. What cannot be read is reported as trouble. */
  receive({ body, ...about }: Omit<Message, 'document'> & { readonly body: Buffer }): {
    readonly verdict: Verdict
    readonly answer: Answer
  } {
    const { format, system, onTrouble } = this.#parts
    try {
      const fresh = this.take({ ...about, document: format.decode(body) })
      const verdict = fresh ? 'taken' : 'duplicate'
      return { verdict, answer: this.answer(verdict, { reference: about.messageId }) }
    } catch (error) {
      onTrouble(system.id, error)
      const words = error instanceof Misread ? error.message : '报文无法处理'
      return { verdict: 'refused', answer: this.answer('refused', { words }) }
    }
  }

  answer(verdict: Verdict, about: { readonly reference?: string; readonly words?: string }): Answer {
    const { format, time } = this.#parts
    return format.answer(verdict, {
      reference: about.reference ?? '',
      words: about.words ?? (verdict === 'taken' ? '请求成功' : '报文重复'),
      nowMs: time.now(),
    })
  }

  /**
   * Takes one message, pushed or collected. Answers false where it was taken before: then nothing happens.
   * @throws Misread
   */
  take(message: Message): boolean {
    const { ledger, system, format } = this.#parts
    const { messageId, type, caseNo } = message
    const receiver = system.id
    if (this.#taken.has(messageId)) {
      ledger.arrived({ receiver, messageId, caseNo, type })
      return false
    }
    const reading = format.read(message.document)
    this.#taken.add(messageId)
    ledger.effect(receiver, messageId)
    ledger.arrived({ receiver, messageId, caseNo, type })
    for (const desk of this.#desks) desk(reading)
    return true
  }

  /**
   * Tells the hub, until it answers. A yes is written into the ledger; a no is the caller's to judge, and is passed on
   * to `onRefusal` unless `mayRefuse` says that the caller counts on it.
   */
  async tell(
    theCase: PartyCase,
    letter: Letter,
    { mayRefuse = false }: { readonly mayRefuse?: boolean } = {},
  ): Promise<HubAnswer> {
    const { format, outbox, system, faults, time, onRefusal } = this.#parts
    theCase.letters++
    const letterNo = `${theCase.ownNo}-${theCase.letters}`
    const sender = { id: system.id, region: system.region }
    const envelope: Envelope = {
      letterNo,
      position: theCase.letters,
      caseNo: theCase.caseNo,
      ownNo: theCase.ownNo,
      sender,
      writtenAt: time.now(),
    }
    const sending = {
      caseKey: theCase.ownNo,
      letter,
      envelope,
      contentType: format.contentType,
      body: format.write(letter, envelope),
    }
    const answer = await outbox.send(sending)
    if (answer.status >= 300) {
      if (!mayRefuse)
        onRefusal({
          system: system.id,
          type: letter.type,
          caseNo: theCase.caseNo,
          status: answer.status,
          problem: parsed(answer),
        })
      return answer
    }
    this.#acknowledge(theCase, letter, letterNo, answer)
    if (faults.repeatsCallback()) this.#acknowledge(theCase, letter, letterNo, await outbox.send(sending))
    return answer
  }

  #acknowledge(theCase: PartyCase, letter: Letter, ownId: string, answer: HubAnswer): void {
    const { messageId, caseNo, sequence } = parsed(answer) as {
      messageId: string
      caseNo: string
      sequence: number
    }
    theCase.caseNo ??= caseNo
    const due = dueTo(letter.type, theCase.parties)
    this.#parts.ledger.acknowledged({
      sender: this.system.id,
      ownId,
      messageId,
      caseNo,
      type: letter.type,
      sequence,
      due,
    })
  }
}

/** What the receiving side says goes to the decider, what the deciding side says to the origin; the application also to the copies. */
function dueTo(type: Letter['type'], { origin, decider, copies }: CaseParties): string[] {
  if (type === 'case.submitted') return [decider, ...copies]
  return type === 'case.supplemented' || type === 'result.delivered' ? [decider] : [origin]
}

function parsed({ body }: HubAnswer): unknown {
  const text = body.toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
