/**
 * One connected system: its door (or its way to the inbox), its memory of messages taken, its outbox. What is done with
 * a message is the business of its desks; that nothing is done twice is the business of this file.
 */
import type { SimulatedSystem } from './deployment.ts'
import type { Faults } from './faults.ts'
import { type Envelope, type Letter, Misread, type Reading } from './formats/letter.ts'
import type { PartnerFormat, Verdict } from './formats/partner-format.ts'
import type { Ledger } from './ledger.ts'
import type { Outbox } from './outbox.ts'
import type { CaseParties } from './routing.ts'
import type { Time } from './time.ts'
import type { HubAnswer } from './wire/hub-client.ts'
import type { WireAnswer, WireHandler, WireRequest } from './wire/server.ts'
import type { SignatureCheck } from './wire/signature-check.ts'

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
  /** Absent where the hub's pushes are not signed. */
  readonly check: SignatureCheck | undefined
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

  /** The door that the hub pushes to. */
  readonly door: WireHandler = (request) => {
    const { faults, check, time, onTrouble, system } = this.#parts
    const instead = faults.insteadOfHandling()
    if (instead !== undefined) return instead
    if (request.method !== 'POST') return { kind: 'answer', status: 204, contentType: 'text/plain', body: '' }
    const wrong = check?.(request, time.now())
    if (wrong !== undefined) {
      onTrouble(system.id, new Error(`a push was not genuine: ${wrong}`))
      return this.#answer('refused', { words: wrong, status: 401 })
    }
    const answer = this.#takePush(request)
    return faults.losesAnswer() ? { kind: 'cut' } : answer
  }

  #takePush({ headers, body }: WireRequest): WireAnswer {
    const { format, system, onTrouble } = this.#parts
    const messageId = headers['idempotency-key']
    const type = headers['x-hub-type']
    if (typeof messageId !== 'string' || typeof type !== 'string') {
      return this.#answer('refused', { words: 'idempotency-key or x-hub-type is missing' })
    }
    try {
      const caseNo = decodeURIComponent(String(headers['x-hub-case']))
      const fresh = this.take({ messageId, type, caseNo, document: format.decode(body) })
      return this.#answer(fresh ? 'taken' : 'duplicate', { reference: messageId })
    } catch (error) {
      onTrouble(system.id, error)
      return this.#answer('refused', { words: error instanceof Misread ? error.message : '报文无法处理' })
    }
  }

  #answer(
    verdict: Verdict,
    about: { readonly reference?: string; readonly words?: string; readonly status?: number },
  ): WireAnswer {
    const { format, time } = this.#parts
    const { status, body } = format.answer(verdict, {
      reference: about.reference ?? '',
      words: about.words ?? (verdict === 'taken' ? '请求成功' : '报文重复'),
      nowMs: time.now(),
    })
    return { kind: 'answer', status: about.status ?? status, contentType: format.contentType, body }
  }

  /**
   * Takes one message, pushed or collected. Answers false where it was taken before: then nothing happens.
   * @throws Misread
   */
  take(message: {
    readonly messageId: string
    readonly type: string
    readonly caseNo: string
    readonly document: unknown
  }): boolean {
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
      target: letter.type === 'case.submitted' ? '/v1/cases' : '/v1/messages',
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
