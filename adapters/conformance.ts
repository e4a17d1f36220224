/**
 * The contract that every link keeps, as a suite (listeners: listener-conformance.ts; the clauses: clauses.ts). A kind's own test file brings a bench: a real receiver of
 * its protocol on the loopback that can be told how to behave. A behaviour that the protocol does not have is named in
 * `lacks` with the reason, and its cases are skipped with it.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import type { Link, LinkServices, Outbound, ReadAnswer, SendingKind } from '../hub/contract/adapter.ts'
import { DELIVERY_ERRORS, LinkLost, OutcomeUnknown, Rejected, RetryLater } from '../hub/contract/errors.ts'

/** How a receiver treats what arrives from now on. */
export type Behaviour =
  /** Takes it; its number for it is `reference`, or made of the message id as `referenceOf` does. */
  | { readonly kind: 'take'; readonly reference?: string }
  /** Says that it has it already. */
  | { readonly kind: 'duplicate' }
  /** Refuses the message for good, with words. */
  | { readonly kind: 'refuse'; readonly words: string }
  /** Refuses the sender. */
  | { readonly kind: 'deny' }
  /** Not now; come back after so many seconds, given as a number, or as the instant `now` + seconds. */
  | {
      readonly kind: 'busy'
      readonly because: 'rate' | 'maintenance'
      readonly seconds?: number
      readonly as?: 'duration' | 'instant'
    }
  /** Reads the message and never answers. */
  | { readonly kind: 'silent' }
  /** Reads the message and cuts the connection; `mid-answer` after a part of the answer. */
  | { readonly kind: 'cut'; readonly when: 'before-answer' | 'mid-answer' }
  /** Answers with more bytes than the link reads. */
  | { readonly kind: 'flood' }
  /** Answers something that is not of its protocol's making: a gateway's page. */
  | { readonly kind: 'gibberish' }
  /** Sends the message on to another address of the bench. */
  | { readonly kind: 'redirect' }

export interface Arrival {
  readonly messageId: string
  readonly body: Uint8Array
  /** As the receiver read it; absent where the protocol has no place for it. */
  readonly contentType?: string
}

export interface Receiver<Config> {
  /** Config of a link to this receiver. */
  readonly config: Config
  /** Whole messages read so far, in order. */
  readonly arrivals: readonly Arrival[]
  behave(behaviour: Behaviour): void
  /** Resolves once `count` messages have been read. */
  arrived(count: number): Promise<void>
  /** Messages that reached the address of `redirect`. */
  strayed(): number
  /** Resolves once no connection is open. */
  quiet(): Promise<void>
  stop(): Promise<void>
}

export interface Bench<Config> {
  /** A fresh receiver that takes everything. `now` is the receiver's clock, epoch milliseconds. */
  start(now: () => number): Promise<Receiver<Config>>
  /** Config of a receiver that is not there. */
  unreachable(): Promise<Config>
  /** Reads the answers of the bench's receivers. */
  readonly readAnswer: ReadAnswer
  /** Secrets that its configs name; read when a link is opened. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Behaviours that the protocol does not have, with the reason. */
  readonly lacks?: Partial<Record<Lack, string>>
  /**
   * Bodies that the protocol can carry, and one that holds the 18-digit number `410101190001010015`; absent: any bytes.
   * `arrives` answers what a receiver reads of such a body where that is not the same bytes.
   */
  readonly bodies?: {
    readonly any: fc.Arbitrary<Payload>
    readonly sample: Payload
    readonly arrives?: (body: Uint8Array) => Uint8Array
  }
}

type Payload = Pick<Outbound, 'body' | 'contentType'>

/**
 * `reference`: a receiver that takes a message has nothing to say but that: no number, no answer to keep. `content-type`:
 * the protocol has no place for the media type.
 */
export type Lack = Behaviour['kind'] | 'reference' | 'content-type'

const NOW_MS = Date.parse('2026-09-30T10:12:05+08:00')

/** The number a receiver gives a message by default. */
export function referenceOf(messageId: string): string {
  return `R-${messageId}`
}

/** Services for links under test: a standing wall clock, real timers, no secrets but those given. */
export function linkServices(
  readAnswer: ReadAnswer,
  secrets: Readonly<Record<string, string>> = {},
): LinkServices {
  return {
    clock: {
      now: () => NOW_MS,
      after: (delayMs, callback) => {
        const timer = setTimeout(callback, delayMs).unref()
        return { cancel: () => clearTimeout(timer) }
      },
    },
    randomBytes: (size) => randomBytes(size),
    secret: (name) => {
      const value = secrets[name]
      if (value === undefined) throw new Error(`no secret ${name}`)
      return value
    },
    readAnswer,
    errors: DELIVERY_ERRORS,
  }
}

/** A message as the dispatcher hands it over. */
export function anOutbound(change: Partial<Outbound> = {}): Outbound {
  return {
    messageId: '0198f0c2-7d6e-7b3a-9c11-2f4a5b6c7d8e',
    type: 'case.submitted',
    caseNo: '41130020260930000017',
    sequence: 1,
    contentType: 'application/json; charset=utf-8',
    body: new TextEncoder().encode('{"applyerName":"测试甲","applyerPageCode":410101190001010015}'),
    hints: {},
    ...change,
  }
}

const ANY_BYTES = fc
  .uint8Array({ maxLength: 70_000, size: 'max' })
  .map((body): Payload => ({ body, contentType: 'application/octet-stream' }))

/** Registers the suite. Every difference between two kinds is in `kind.traits` and `bench.lacks`. */
export function keepsAdapterContract<Config>(kind: SendingKind<Config>, bench: Bench<Config>): void {
  describe(`adapter kind ${kind.name} keeps the adapter contract`, () => {
    const arrives = bench.bodies?.arrives ?? ((body: Uint8Array) => body)
    const anyBody = bench.bodies?.any ?? ANY_BYTES
    let receiver: Receiver<Config>
    let link: Link
    const never = new AbortController().signal

    beforeEach(async () => {
      receiver = await bench.start(() => NOW_MS)
      link = await open(receiver.config)
    })

    afterEach(async () => {
      await link.close()
      await receiver.quiet()
      await receiver.stop()
    })

    function open(config: Config): Promise<Link> {
      return kind.open(config, linkServices(bench.readAnswer, bench.secrets))
    }

    function message(change: Partial<Outbound> = {}): Outbound {
      return anOutbound({ ...bench.bodies?.sample, ...change })
    }

    function when(behaviour: Lack, title: string, body: () => Promise<void>): void {
      const reason = bench.lacks?.[behaviour]
      if (reason === undefined) it(title, body)
      else it.skip(`${title} (${kind.name}: ${reason})`, body)
    }

    async function caught(attempt: Promise<unknown>): Promise<unknown> {
      return attempt.then(
        (value) => assert.fail(`resolved with ${JSON.stringify(value)}`),
        (error: unknown) => error,
      )
    }

    async function assertOutcome<Outcome extends Error>(
      attempt: Promise<unknown>,
      outcome: new (...args: never[]) => Outcome,
    ): Promise<Outcome> {
      const error = await caught(attempt)
      assert.ok(error instanceof outcome, `expected ${outcome.name}, got ${String(error)}`)
      return error
    }

    describe('when the receiver takes the message', () => {
      it('[bytes] delivers the body byte for byte', async () => {
        await fc.assert(
          fc.asyncProperty(anyBody, fc.uuid(), async (payload, messageId) => {
            await link.deliver(message({ ...payload, messageId }), never)
            const arrival = receiver.arrivals.at(-1)
            assert.ok(
              Buffer.from(arrives(payload.body)).equals(arrival?.body ?? Buffer.from('nothing arrived')),
            )
          }),
          { numRuns: 40 },
        )
      })

      when('content-type', '[charset] carries the media type with its character set', async () => {
        const { contentType } = anOutbound(bench.bodies?.sample)
        await link.deliver(message(), never)
        assert.equal(receiver.arrivals[0]?.contentType, contentType)
      })

      it('[duplicate] hands over the message id as the idempotency key', async () => {
        await link.deliver(message(), never)
        assert.deepEqual(
          receiver.arrivals.map(({ messageId }) => messageId),
          [anOutbound().messageId],
        )
      })

      when(
        'reference',
        '[receipt] answers with a receipt that carries the reference and the answer as it came',
        async () => {
          const receipt = await link.deliver(message(), never)
          assert.equal(receipt.reference, referenceOf(anOutbound().messageId))
          assert.equal(receipt.duplicate, undefined)
          assert.ok((receipt.answer?.length ?? 0) > 0)
        },
      )

      it('[together] takes deliveries under way at once, each once', async () => {
        const ids = Array.from(
          { length: 40 },
          (_, index) => `0198f0c2-7d6e-7b3a-9c11-${String(index).padStart(12, '0')}`,
        )
        await Promise.all(ids.map((messageId) => link.deliver(message({ messageId }), never)))
        assert.deepEqual(receiver.arrivals.map(({ messageId }) => messageId).sort(), ids)
      })

      when('reference', '[together] keeps the answers of deliveries under way at once apart', async () => {
        const ids = Array.from(
          { length: 40 },
          (_, index) => `0198f0c2-7d6e-7b3a-9c11-${String(index).padStart(12, '0')}`,
        )
        const receipts = await Promise.all(
          ids.map((messageId) => link.deliver(message({ messageId }), never)),
        )
        assert.deepEqual(
          receipts.map(({ reference }) => reference),
          ids.map(referenceOf),
        )
      })

      it('[digits] keeps numbers of 18 digits whole on their way out', async () => {
        await link.deliver(message(), never)
        assert.match(Buffer.from(receiver.arrivals[0]?.body ?? []).toString(), /\b410101190001010015\b/)
      })

      when('reference', '[digits] keeps numbers of 18 digits whole on their way back', async () => {
        receiver.behave({ kind: 'take', reference: '410101190001010015' })
        const receipt = await link.deliver(message(), never)
        assert.equal(receipt.reference, '410101190001010015')
      })

      if (kind.traits.ordered) {
        it('[order] delivers messages sent one after the other in that order', async () => {
          const ids = Array.from(
            { length: 30 },
            (_, index) => `0198f0c2-7d6e-7b3a-9c11-${String(index).padStart(12, '0')}`,
          )
          for (const messageId of ids) await link.deliver(message({ messageId }), never)
          assert.deepEqual(
            receiver.arrivals.map(({ messageId }) => messageId),
            ids,
          )
        })
      }

      when('duplicate', '[duplicate] counts "we have it already" as taken', async () => {
        receiver.behave({ kind: 'duplicate' })
        const receipt = await link.deliver(message(), never)
        assert.equal(receipt.duplicate, true)
      })
    })

    describe('when the receiver does not take it', () => {
      when('refuse', '[refuses] calls a refusal Rejected, with the receiver’s words', async () => {
        receiver.behave({ kind: 'refuse', words: '缺少 taskCode' })
        const error = await assertOutcome(link.deliver(message(), never), Rejected)
        assert.equal(error.kind, 'contract')
        assert.match(error.message, /缺少 taskCode/)
        assert.match(Buffer.from(error.answer ?? []).toString(), /缺少 taskCode/)
      })

      when('deny', '[refuses] calls a refusal of the sender Rejected for the operator', async () => {
        receiver.behave({ kind: 'deny' })
        assert.equal((await assertOutcome(link.deliver(message(), never), Rejected)).kind, 'credential')
      })

      for (const because of ['rate', 'maintenance'] as const) {
        when('busy', `[later] calls busy (${because}) RetryLater`, async () => {
          receiver.behave({ kind: 'busy', because })
          assert.equal((await assertOutcome(link.deliver(message(), never), RetryLater)).afterMs, undefined)
        })

        for (const as of ['duration', 'instant'] as const) {
          when('busy', `[later] passes on when to come back (${because}, as ${as})`, async () => {
            receiver.behave({ kind: 'busy', because, seconds: 120, as })
            assert.equal((await assertOutcome(link.deliver(message(), never), RetryLater)).afterMs, 120_000)
          })
        }
      }

      when('redirect', '[outside] does not follow the receiver to another address', async () => {
        receiver.behave({ kind: 'redirect' })
        assert.equal((await assertOutcome(link.deliver(message(), never), Rejected)).kind, 'contract')
        assert.equal(receiver.strayed(), 0)
      })
    })

    describe('when nobody can know', () => {
      it('[link-lost] calls an unreachable receiver LinkLost', async () => {
        const lost = await open(await bench.unreachable())
        await assertOutcome(lost.deliver(message(), never), LinkLost)
        await lost.close()
      })

      when('silent', '[unknown] calls silence after sending OutcomeUnknown', async () => {
        receiver.behave({ kind: 'silent' })
        const stop = new AbortController()
        const attempt = caught(link.deliver(message(), stop.signal))
        await receiver.arrived(1)
        stop.abort()
        assert.ok((await attempt) instanceof OutcomeUnknown)
      })

      for (const cut of ['before-answer', 'mid-answer'] as const) {
        when(
          'cut',
          `[unknown] calls a connection cut after the request was sent OutcomeUnknown (${cut})`,
          async () => {
            receiver.behave({ kind: 'cut', when: cut })
            await assertOutcome(link.deliver(message(), never), OutcomeUnknown)
          },
        )
      }

      when('flood', '[caps] stops reading an endless answer and calls it OutcomeUnknown', async () => {
        receiver.behave({ kind: 'flood' })
        const error = await assertOutcome(link.deliver(message(), never), OutcomeUnknown)
        assert.ok((error.answer?.length ?? 0) <= 16 * 2 ** 20)
      })

      when(
        'gibberish',
        '[unknown] calls an answer that cannot be read OutcomeUnknown and keeps it',
        async () => {
          receiver.behave({ kind: 'gibberish' })
          const error = await assertOutcome(link.deliver(message(), never), OutcomeUnknown)
          assert.ok((error.answer?.length ?? 0) > 0)
        },
      )

      when('cut', '[link-lost] delivers again after a cut connection, on the same link', async () => {
        receiver.behave({ kind: 'cut', when: 'before-answer' })
        await assertOutcome(link.deliver(message(), never), OutcomeUnknown)
        receiver.behave({ kind: 'take' })
        await link.deliver(message(), never)
        await receiver.arrived(2)
      })
    })

    describe('when it is stopped', () => {
      it('[abort] calls a signal that fired before sending LinkLost, and sends nothing', async () => {
        await assertOutcome(link.deliver(message(), AbortSignal.abort()), LinkLost)
        assert.equal(receiver.arrivals.length, 0)
      })

      it('[close-twice] can be closed twice', async () => {
        await link.deliver(message(), never)
        await link.close()
        await link.close()
      })

      it('[close-twice] calls a delivery after closing LinkLost', async () => {
        await link.close()
        await assertOutcome(link.deliver(message(), never), LinkLost)
        assert.equal(receiver.arrivals.length, 0)
      })

      when(
        'silent',
        '[close-twice] can be closed twice while a delivery is blocked, which is then OutcomeUnknown',
        async () => {
          receiver.behave({ kind: 'silent' })
          const attempt = caught(link.deliver(message(), never))
          await receiver.arrived(1)
          await Promise.all([link.close(), link.close()])
          assert.ok((await attempt) instanceof OutcomeUnknown)
        },
      )
    })

    describe('when it is probed', () => {
      it('[probe] reaches the receiver and leaves nothing there', async () => {
        await link.probe(never)
        assert.equal(receiver.arrivals.length, 0)
      })

      it('[probe] calls an unreachable receiver LinkLost', async () => {
        const lost = await open(await bench.unreachable())
        await assertOutcome(lost.probe(never), LinkLost)
        await lost.close()
      })
    })
  })
}
