/** Hands waiting rows over one by one, and marks each in the partner's way once its outcome is known. No row blocks another. */
import { uuidV7 } from '../../hub/contract/clock.ts'
import type { InboundOutcome, ListenServices } from '../../hub/contract/listener.ts'
import { beijingSeconds } from './rows.ts'
import { DatabaseFault, type Text } from './session.ts'
import type { Fate, Source, Waiting } from './source.ts'

/** What is remembered of a row that was left waiting. */
interface Held {
  /** When its order was first found wrong; undefined where it waits for another reason. */
  readonly earlySinceMs: number | undefined
  readonly untilMs: number
  pass: number
}

/** How a pass ended: everything that waited was looked at, or the hub asks for a pause. */
export interface Passed {
  readonly pauseMs: number
}

/** How long a row that could not be marked, or is not to be told from another, is left alone. */
const LEFT_ALONE_MS = 60_000
const UNFORESEEN_MS = 2_000
const CONTENT_TYPE = 'application/json; charset=utf-8'

export class Handover {
  readonly #services: ListenServices
  readonly #orderPatienceMs: number
  readonly #isStopping: () => boolean
  readonly #onSettled: () => void
  /** By table and key, in memory only: after a restart patience begins anew. */
  readonly #held = new Map<string, Held>()
  #pass = 0

  /** @param options.onSettled told of every row whose fate was written to it */
  constructor(
    services: ListenServices,
    options: {
      readonly orderPatienceMs: number
      readonly isStopping: () => boolean
      readonly onSettled: () => void
    },
  ) {
    this.#services = services
    this.#orderPatienceMs = options.orderPatienceMs
    this.#isStopping = options.isStopping
    this.#onSettled = options.onSettled
  }

  /**
   * Looks at every row that waits in any source, a page of each in turn, so that a long queue in one does not keep the others.
   *
   * @param onFault told of a source that could not be read; the others go on
   * @throws DatabaseFault of kind `lost`
   */
  async pass(
    sources: readonly Source[],
    onFault: (source: Source, fault: DatabaseFault) => void,
  ): Promise<Passed> {
    this.#pass++
    const left = new Map(sources.map((source) => [source, 0]))
    while (left.size > 0) {
      for (const [source, offset] of left) {
        if (this.#isStopping()) return { pauseMs: 0 }
        try {
          const page = await source.waiting(offset)
          const { stay, pauseMs } = await this.#page(source, page)
          if (pauseMs > 0) return { pauseMs }
          if (page.length < source.batch) left.delete(source)
          else left.set(source, offset + stay)
        } catch (error) {
          if (!(error instanceof DatabaseFault) || error.kind === 'lost') throw error
          onFault(source, error)
          left.delete(source)
        }
      }
    }
    for (const [key, { pass }] of this.#held) if (pass < this.#pass) this.#held.delete(key)
    return { pauseMs: 0 }
  }

  async #page(
    source: Source,
    page: readonly Waiting[],
  ): Promise<{ readonly stay: number; readonly pauseMs: number }> {
    let stay = 0
    for (const waiting of page) {
      if (this.#isStopping()) break
      const key = `${source.config.table} ${JSON.stringify([...waiting.identity.values()])}`
      const held = this.#held.get(key)
      if (held !== undefined && held.untilMs > this.#services.clock.now()) {
        held.pass = this.#pass
        stay++
        continue
      }
      const end = await this.#row(source, waiting, key, held)
      if (end === 'done') this.#held.delete(key)
      else if (end === 'stays') stay++
      else return { stay, pauseMs: end.pauseMs }
    }
    return { stay, pauseMs: 0 }
  }

  async #row(
    source: Source,
    waiting: Waiting,
    key: string,
    held: Held | undefined,
  ): Promise<'done' | 'stays' | { readonly pauseMs: number }> {
    const { clock, log } = this.#services
    const row = waiting.bytes > source.maxRowBytes ? 'too-large' : await source.read(waiting)
    if (row === 'gone') return 'done'
    if (row === 'ambiguous') {
      log.error(
        { table: source.config.table, code: 'TABLE_KEY' },
        'several rows have one key; none is handed over',
      )
      return this.#hold(key, undefined, LEFT_ALONE_MS)
    }
    if (row === 'too-large')
      return this.#settle(source, waiting, waiting.identity, key, 'refused', tooLarge(source))

    const { values, body, idempotencyKey } = row
    const outcome = await this.#receive({ body, idempotencyKey })
    if (outcome.kind === 'accepted') {
      const { caseNo, messageId } = outcome
      return this.#settle(source, waiting, values, key, 'taken', { caseNo, messageId })
    }
    if (outcome.kind === 'refused') return this.#settle(source, waiting, values, key, 'refused', outcome)
    if (outcome.because === 'hub') return { pauseMs: Math.max(1, outcome.afterMs) }
    const sinceMs = held?.earlySinceMs ?? clock.now()
    if (clock.now() - sinceMs < this.#orderPatienceMs) return this.#hold(key, sinceMs, outcome.afterMs)
    return this.#settle(source, waiting, values, key, 'refused', outcome)
  }

  async #receive(document: {
    readonly body: Uint8Array
    readonly idempotencyKey: string
  }): Promise<InboundOutcome> {
    try {
      return await this.#services.receive({ ...document, contentType: CONTENT_TYPE })
    } catch (error) {
      this.#services.log.error({ error }, 'the hub did not judge a row')
      return {
        kind: 'not-yet',
        because: 'hub',
        afterMs: UNFORESEEN_MS,
        code: 'INTERNAL',
        title: { zh: '稍后再试', en: 'Try again later' },
        words: '',
      }
    }
  }

  /**
   * A row that changed meanwhile keeps waiting, with what it holds now. Where the partner's table does not take our words, its
   * code alone is tried, which any character set holds.
   */
  async #settle(
    source: Source,
    waiting: Waiting,
    values: ReadonlyMap<string, Text>,
    key: string,
    fate: 'taken' | 'refused',
    facts: Partial<Fate>,
  ): Promise<'done' | 'stays'> {
    const { clock, randomBytes, log } = this.#services
    const all: Fate = {
      words: '',
      code: '',
      caseNo: '',
      messageId: '',
      ...facts,
      now: beijingSeconds(clock.now()),
      id: uuidV7(clock.now(), randomBytes),
    }
    const write = (): Promise<boolean> => source.mark(waiting, values, fate, all)
    const plainly = (error: unknown): Promise<boolean> => {
      if (!(error instanceof DatabaseFault) || error.kind !== 'contract' || fate === 'taken') throw error
      return source.mark(waiting, values, fate, { ...all, words: all.code })
    }
    try {
      const isMarked = await write().catch(plainly)
      if (isMarked) this.#onSettled()
      else log.info({ table: source.config.table }, 'a row changed while the hub was at it; it is read again')
      return isMarked ? 'done' : 'stays'
    } catch (error) {
      if (!(error instanceof DatabaseFault) || error.kind === 'lost') throw error
      log.warn(
        { table: source.config.table, code: error.code, kind: error.kind },
        `a row's fate could not be written to it, it will be handed over again: ${error.message}`,
      )
      return this.#hold(key, undefined, error.kind === 'busy' ? 0 : LEFT_ALONE_MS)
    }
  }

  #hold(key: string, earlySinceMs: number | undefined, afterMs: number): 'stays' {
    this.#held.set(key, { earlySinceMs, untilMs: this.#services.clock.now() + afterMs, pass: this.#pass })
    return 'stays'
  }
}

function tooLarge(source: Source): Partial<Fate> {
  return {
    code: 'REQUEST_TOO_LARGE',
    words: `该行连同明细超过 ${source.maxRowBytes} 字节，未予接收 / The row with its details has more than ${source.maxRowBytes} bytes and is not taken`,
  }
}
