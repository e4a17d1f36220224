/**
 * The receiving window (通办窗口): hands in cases, answers a notice of missing materials and a request for correction,
 * hands the result over. It never decides; that is the back office's, even in the same city.
 */
import { compact } from '../beijing.ts'
import type { Deployment } from '../deployment.ts'
import type { Clerk, Reading, Submission, Window } from '../formats/letter.ts'
import type { Desk, Party, PartyCase } from '../party.ts'
import type { Plans } from '../plan.ts'
import { partiesOfCase } from '../routing.ts'
import { applicationOf, correctedOf, type Visit } from './application.ts'

/** A case from the window's side. */
export interface WindowCase extends PartyCase {
  readonly visit: Visit
  /** What the hub said was missing at the first attempt; empty where nothing was. */
  missing: readonly string[]
}

export interface WindowParts {
  readonly party: Party
  readonly deployment: Deployment
  readonly plans: Plans
  readonly hall: { readonly id: string; readonly name: string }
  readonly clerk: Clerk
  readonly onTrouble: (system: string, error: unknown) => void
}

export class ReceivingWindow {
  readonly #parts: WindowParts
  /** By our own number, and by the hub's once it is known: formats differ in which they use. */
  readonly #cases = new Map<string, WindowCase>()
  /** Letters about cases unknown, kept while the hub has still to answer a submission: they may be about that case. */
  readonly #early = new Map<string, Reading[]>()
  /** Makes own numbers differ from those of an earlier run against the same hub. */
  readonly #run: string
  #unanswered = 0
  #received = 0

  constructor(parts: WindowParts) {
    this.#parts = parts
    this.#run = compact(parts.party.time.now())
    parts.party.seat(this.#hear)
  }

  /**
   * Hands a case in. Resolves when the hub has taken it.
   * @throws Error where the hub refuses it, or does not name exactly what is missing
   */
  async receive(visit: Visit): Promise<WindowCase> {
    const { party, deployment, plans } = this.#parts
    this.#received++
    const submission = applicationOf(visit, {
      region: party.system.region,
      window: this.#window(),
      nowMs: party.time.now(),
    })
    const theCase: WindowCase = {
      parties: partiesOfCase(deployment, { ...submission, ...submission.item }),
      ownNo: `${party.system.region}${this.#run}${String(this.#received).padStart(6, '0')}`,
      caseNo: undefined,
      letters: 0,
      visit,
      missing: [],
    }
    plans.set(visit.applicant.residentId, visit.plan)
    this.#cases.set(theCase.ownNo, theCase)
    if (visit.plan === 'missing-materials') await this.#handInTooLittle(theCase, submission)
    this.#unanswered++
    try {
      const { status, body } = await party.tell(theCase, submission)
      if (status >= 300 || theCase.caseNo === undefined)
        throw new Error(`${party.system.id}: the hub refused the case (${status}): ${body.toString('utf8')}`)
      this.#cases.set(theCase.caseNo, theCase)
      for (const reading of this.#early.get(theCase.caseNo) ?? []) this.#answer(theCase, reading)
      return theCase
    } finally {
      this.#unanswered--
      if (this.#unanswered === 0) this.#early.clear()
      else if (theCase.caseNo !== undefined) this.#early.delete(theCase.caseNo)
    }
  }

  async #handInTooLittle(theCase: WindowCase, submission: Submission): Promise<void> {
    const [first, ...held] = submission.materials
    const { status, body } = await this.#parts.party.tell(
      theCase,
      { ...submission, materials: first === undefined ? [] : [first] },
      { mayRefuse: true },
    )
    theCase.missing = missingIn(body)
    const wanted = held.map(({ name }) => name).sort()
    if (status !== 422 || theCase.missing.join() !== wanted.join()) {
      throw new Error(
        `Asked for everything missing (${wanted.join('、')}), the hub answered ${status}: ${body.toString('utf8')}`,
      )
    }
  }

  readonly #hear: Desk = (reading) => {
    const { caseName } = reading
    const theCase = this.#cases.get(caseName)
    if (theCase !== undefined) this.#answer(theCase, reading)
    else if (this.#unanswered > 0 && reading.type !== 'case.submitted')
      this.#early.set(caseName, [...(this.#early.get(caseName) ?? []), reading])
  }

  #answer(theCase: WindowCase, reading: Reading): void {
    const { party, onTrouble } = this.#parts
    const trouble = (error: unknown): void => onTrouble(party.system.id, error)
    const at = party.time.now()
    if (reading.type === 'correction.requested') {
      const materials = reading.things.map((thing) => correctedOf(theCase.visit, thing.name, at))
      party
        .tell(theCase, {
          type: 'case.supplemented',
          at,
          round: 1,
          noticeNo: reading.noticeNo,
          window: this.#window(),
          materials,
        })
        .catch(trouble)
    }
    if (reading.type === 'case.completed' && theCase.visit.plan !== 'swift') {
      party
        .tell(theCase, {
          type: 'result.delivered',
          at,
          recipient: theCase.visit.applicant,
          window: this.#window(),
        })
        .catch(trouble)
    }
  }

  #window(): Window {
    const { hall, clerk } = this.#parts
    return { hallId: hall.id, hallName: hall.name, windowId: `${hall.id}-01`, clerk }
  }
}

/** Chinese names of the materials that the hub's problem document lists as missing, sorted. */
function missingIn(problem: Buffer): string[] {
  const { faults = [] } = JSON.parse(problem.toString('utf8')) as {
    faults?: { code: string; facts?: { missing?: { name: string }[] } }[]
  }
  return faults
    .flatMap(({ code, facts }) =>
      code === 'MATERIALS_MISSING' ? (facts?.missing ?? []).map(({ name }) => name) : [],
    )
    .sort()
}
