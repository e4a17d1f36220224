/**
 * The simulated partners: what they send on each case, in answer to what reached them. A partner sends one message of a
 * case after the other and repeats each, with the same id, until it is told yes or no.
 */
import { sideOf } from '../hub/contract/message.ts'
import { Dice } from './dice.ts'
import {
  type DecidingAct,
  gatewayDecision,
  gatewayReceiving,
  type ReceivingAct,
  registryDecision,
  submissionDocument,
} from './documents.ts'
import type { DoorAnswer, Instance } from './instance.ts'
import { type CasePlan, DEPARTMENT } from './plan.ts'
import type { Incoming } from './receiver.ts'
import { delayOf, type World } from './world.ts'

/** A partner gives up waiting for an answer after this long, and sends again. */
const PATIENCE_MS = 30_000
const LONGEST_WAIT_MS = 10 * 60_000

interface CaseFile {
  readonly plan: CasePlan
  readonly decider: string
  caseNo: string | undefined
  /** Acts of each side so far: message ids and times grow with it. */
  acts: number
  deciding: boolean
  supplements: number
  awaitsSupplement: (() => void) | undefined
}

export class Partners {
  readonly #world: World
  readonly #dice: Dice
  readonly #files: readonly CaseFile[]
  readonly #byCaseNo = new Map<string, CaseFile>()
  readonly #nodes: () => readonly Instance[]
  /** Messages on their way, by sender's id: empty when everybody has an answer. */
  readonly unanswered = new Set<string>()

  /** @param nodes the instances that take requests now. */
  constructor(world: World, nodes: () => readonly Instance[]) {
    this.#world = world
    this.#nodes = nodes
    this.#dice = new Dice(`${world.plan.seed} partners`)
    this.#files = world.plan.cases.map((plan) => ({
      plan,
      decider: deciderOf(plan),
      caseNo: undefined,
      acts: 0,
      deciding: false,
      supplements: 0,
      awaitsSupplement: undefined,
    }))
  }

  start(): void {
    for (const file of this.#files) this.#later(file.plan.startMs, () => this.#submit(file))
  }

  /** A submission was committed: from now on the case is known by this number. */
  opened(caseNo: string, externalId: string): void {
    const file = this.#files.find(({ plan }) => submissionId(plan) === externalId)
    if (file === undefined) return
    this.#byCaseNo.set(caseNo, file)
  }

  planOf(caseNo: string): CasePlan | undefined {
    return this.#byCaseNo.get(caseNo)?.plan
  }

  /** A message first took effect at a system. */
  told(system: string, message: Incoming): void {
    const file = this.#byCaseNo.get(message.caseNo)
    if (file === undefined) {
      this.#world.witness.fail('phantom', `${system} was told of ${message.caseNo}, which nobody submitted`)
      return
    }
    file.caseNo ??= message.caseNo
    const { plan, decider } = file
    if (system === decider) {
      if (message.type === 'case.submitted' && !file.deciding) {
        file.deciding = true
        this.#later(this.#think(plan), () => this.#decide(file))
      }
      if (message.type === 'case.supplemented') {
        file.supplements++
        file.awaitsSupplement?.()
      }
    }
    if (system === plan.origin) {
      if (message.type === 'correction.requested')
        this.#later(this.#think(plan), () => this.#receivingAct(file, 'supplement'))
      if (message.type === 'case.completed') this.#later(this.#think(plan), () => this.#finish(file))
    }
  }

  async #submit(file: CaseFile): Promise<void> {
    const { plan } = file
    const externalId = submissionId(plan)
    const document = submissionDocument({
      externalId,
      projectNo: plan.projectNo,
      initial: plan.initial,
      receiving: plan.origin.slice(-6),
      jurisdiction: plan.jurisdiction.slice(-6),
    })
    const answer = await this.#send(plan.origin, document, externalId, [])
    if (answer.status >= 300) return
    file.caseNo = answer.caseNo
    if (plan.posts) this.#later(this.#think(plan), () => this.#receivingAct(file, 'post'))
    if (plan.withdrawMs !== undefined)
      this.#later(plan.withdrawMs, () => this.#receivingAct(file, 'withdraw'))
  }

  async #decide(file: CaseFile): Promise<void> {
    let corrections = 0
    for (const act of file.plan.acts) {
      const answer = await this.#decidingAct(file, act)
      if (answer.status >= 300) return
      if (act === 'correct') {
        corrections++
        while (file.supplements < corrections)
          await new Promise<void>((resolve) => {
            file.awaitsSupplement = resolve
          })
      }
      await this.#world.scheduler.delay(this.#think(file.plan), this.#world.outside)
    }
  }

  async #finish(file: CaseFile): Promise<void> {
    const answer = await this.#receivingAct(file, 'result')
    if (answer.status >= 300 || !file.plan.evaluates) return
    await this.#world.scheduler.delay(this.#think(file.plan), this.#world.outside)
    await this.#receivingAct(file, 'evaluate')
  }

  #decidingAct(file: CaseFile, act: DecidingAct): Promise<DoorAnswer> {
    const about = this.#about(file, act)
    const document = file.decider === DEPARTMENT ? registryDecision(act, about) : gatewayDecision(act, about)
    // The applicant may have withdrawn in the meantime.
    return this.#send(
      file.decider,
      document,
      about.externalId,
      file.plan.withdrawMs === undefined ? [] : ['CASE_STATE'],
    )
  }

  #receivingAct(file: CaseFile, act: ReceivingAct): Promise<DoorAnswer> {
    const about = this.#about(file, act)
    // Withdrawing and posting race with what the decider does.
    const races = act === 'withdraw' || act === 'post' || file.plan.withdrawMs !== undefined
    return this.#send(
      file.plan.origin,
      gatewayReceiving(act, about),
      about.externalId,
      races ? ['CASE_STATE'] : [],
    )
  }

  #about(file: CaseFile, act: string) {
    const nth = ++file.acts
    return { externalId: `${file.plan.index}-${nth}-${act}`, caseNo: file.caseNo as string, nth }
  }

  async #send(
    system: string,
    document: object,
    externalId: string,
    expected: readonly string[],
  ): Promise<DoorAnswer> {
    const { scheduler, witness, outside } = this.#world
    const bytes = Buffer.from(JSON.stringify(document))
    this.unanswered.add(externalId)
    for (let tries = 0; ; tries++) {
      const answer = await this.#request(system, bytes, externalId)
      if (answer !== undefined && isFinal(answer)) {
        scheduler.note(`${system} ${externalId} answered ${answer.status} ${answer.code ?? ''}`)
        this.unanswered.delete(externalId)
        if (answer.status < 300) return answer
        witness.refusedExternalIds.set(`${system} ${externalId}`, answer.code ?? '')
        if (!expected.includes(answer.code ?? ''))
          witness.fail(
            'refused',
            `${system} was refused ${externalId}: ${answer.status} ${answer.code} ${answer.words}`,
          )
        return answer
      }
      const wait = Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** tries)
      await scheduler.delay(Math.round(wait * (0.75 + this.#dice.fraction() / 2)), outside)
    }
  }

  /** One request; undefined where no answer came in time. */
  #request(system: string, bytes: Uint8Array, externalId: string): Promise<DoorAnswer | undefined> {
    const { scheduler, outside, latency, book } = this.#world
    return new Promise((resolve) => {
      const fault = book.onRequest()
      const arrive = (delayMs: number): void => {
        scheduler.after(delayMs, outside, () => {
          const nodes = this.#nodes()
          if (nodes.length === 0) {
            resolve(undefined)
            return
          }
          void this.#dice
            .pick(nodes)
            .receive(system, bytes, externalId)
            .then((answer) => {
              if (fault !== 'answer-lost') scheduler.after(delayOf(latency), outside, () => resolve(answer))
            })
        })
      }
      scheduler.after(PATIENCE_MS, outside, () => resolve(undefined))
      if (fault === 'lost') return
      arrive(delayOf(latency) + (fault === 'slow' ? 2 * PATIENCE_MS : 0))
      if (fault === 'twice') arrive(delayOf(latency))
      if (fault === 'twice-slow') arrive(20 * PATIENCE_MS)
    })
  }

  #think({ thinkMs }: CasePlan): number {
    return this.#dice.between(0, thinkMs)
  }

  #later(delayMs: number, act: () => unknown): void {
    this.#world.scheduler.after(delayMs, this.#world.outside, () => void act())
  }
}

export function deciderOf({ initial, jurisdiction }: CasePlan): string {
  return initial ? DEPARTMENT : jurisdiction
}

/** Who must be told of a message, worked out from the regulation's annex and not from the hub's routing. */
export function expectedDestinations(
  plan: CasePlan,
  type: Parameters<typeof sideOf>[0],
  carries: (system: string) => boolean,
): string[] {
  const decider = deciderOf(plan)
  const addressee = sideOf(type) === 'receiving' ? decider : plan.origin
  const copy = plan.initial ? plan.jurisdiction : DEPARTMENT
  const told = copy === plan.origin || copy === decider ? [addressee] : [addressee, copy]
  return told.filter(carries).sort()
}

export function submissionId(plan: CasePlan): string {
  return `${plan.index}-submit`
}

function isFinal({ status, code }: DoorAnswer): boolean {
  return status < 500 && status !== 429 && code !== 'IDEMPOTENCY_IN_PROGRESS'
}
