/**
 * The contract that every listener keeps, as a suite. A kind's own test file brings a bench: a real sender of its protocol
 * on the loopback. What a protocol does not have is named in `lacks` with the reason, and its cases are skipped with it.
 */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import type { AdapterKind } from '../hub/contract/adapter.ts'
import type { DoorHandler } from '../hub/contract/door.ts'
import { DELIVERY_ERRORS } from '../hub/contract/errors.ts'
import type { Inbound, InboundOutcome, Listener, ListenServices } from '../hub/contract/listener.ts'
import { linkServices } from './conformance.ts'

/** A document as the sender's own developer would write it. */
export interface Sending {
  /** The sender's id of it: 1–60 of `A-Za-z0-9-`. */
  readonly id: string
  readonly body: Uint8Array
  readonly contentType: string
}

/** What the sender knows of something it sent. */
export type Fate =
  /** Nothing yet. */
  | { readonly kind: 'open' }
  | { readonly kind: 'taken'; readonly reference?: string }
  | { readonly kind: 'refused'; readonly words: string }
  /** Come back later; only where the protocol answers at once. */
  | { readonly kind: 'later' }

/** A partner that sends to one listener, by code of its own. */
export interface Sender<Config> {
  /** Options of a listener for this sender. */
  readonly config: Config
  /** Hands one document over; does not wait for what becomes of it. */
  send(sending: Sending): Promise<void>
  /** What the sender knows now. */
  fate(id: string): Promise<Fate>
  /** Cuts everything between sender and listener, until `mend`. */
  cut(): Promise<void>
  mend(): Promise<void>
  stop(): Promise<void>
}

export interface SenderBench<Config> {
  /** A fresh sender. `address` is where the hub's front door is, `http://127.0.0.1:<port>`, for kinds that come in there. */
  start(address: string): Promise<Sender<Config>>
  /** Secrets that its configs name. */
  readonly secrets?: Readonly<Record<string, string>>
  /** What the protocol does not have, with the reason. */
  readonly lacks?: Partial<Record<ListenerLack, string>>
  /** Documents that the protocol can carry; `sample` makes one that holds the id and the 18-digit number 410101190001010015. */
  readonly documents: { readonly any: fc.Arbitrary<Sending>; sample(id: string): Sending }
  /** What `receive` is handed of a document, where that is not the same bytes. */
  readonly arrives?: (sending: Sending) => { readonly body: Uint8Array; readonly contentType?: string }
  /** A document that is larger than the listener takes; given to `send`. */
  readonly tooLarge: (id: string) => Sending
}

/**
 * `redelivery`: nothing is handed over a second time, because the sender waits for the answer and repeats by itself. `key`: the
 * protocol has no id for a document. `order`: nothing orders what comes in. `cut`: there is nothing between them to cut.
 * `content-type`: the protocol has no place for the media type.
 */
export type ListenerLack = 'redelivery' | 'key' | 'order' | 'cut' | 'content-type'

/** How long something may take before the test says that it does not happen. */
const PATIENCE_MS = 15_000

/** A hub that takes what is handed over as it is told to, and remembers it. */
class HubDouble {
  readonly received: Inbound[] = []
  #decide: (inbound: Inbound, count: number) => Promise<InboundOutcome> | InboundOutcome = taken
  readonly #waiting = new Set<() => void>()

  decide(decide: (inbound: Inbound, count: number) => Promise<InboundOutcome> | InboundOutcome): void {
    this.#decide = decide
  }

  readonly receive = async (inbound: Inbound): Promise<InboundOutcome> => {
    this.received.push(inbound)
    for (const look of [...this.#waiting]) look()
    return this.#decide(inbound, this.received.length)
  }

  /** Resolves once so many documents were handed over. */
  handedOver(count: number): Promise<void> {
    return within(`${count} documents handed over`, () => this.received.length >= count, this.#waiting)
  }
}

export function taken(inbound: Inbound): InboundOutcome {
  return {
    kind: 'accepted',
    caseNo: '41130020260930000017',
    messageId: `m-${inbound.idempotencyKey ?? inbound.body.length}`,
    type: 'case.submitted',
    sequence: 1,
    repeated: false,
    recordedAt: '2026-09-30T10:12:05+08:00',
    digest: 'sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
  }
}

export function refused(words: string): InboundOutcome {
  return {
    kind: 'refused',
    code: 'MESSAGE_NOT_VALID',
    title: { zh: '报文内容有误', en: 'The message is not valid' },
    words,
    faults: [],
  }
}

export function notYet(because: 'hub' | 'order'): InboundOutcome {
  return {
    kind: 'not-yet',
    because,
    afterMs: 50,
    code: because === 'hub' ? 'STORE_UNAVAILABLE' : 'CASE_STATE',
    title: { zh: '稍后再试', en: 'Later' },
    words: '稍后再试',
  }
}

/** A front door on the loopback, as listeners are lent it. */
class DoorDouble {
  readonly #server: Server
  readonly #mounted = new Map<string, DoorHandler>()

  constructor() {
    this.#server = createServer((request, response) => {
      const path = (request.url ?? '/').split('?', 1)[0] as string
      const [, handler] =
        [...this.#mounted]
          .filter(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))
          .sort(([one], [other]) => other.length - one.length)[0] ?? []
      if (handler === undefined) response.writeHead(404).end()
      else handler(request, response)
    })
  }

  mount(path: string, handler: DoorHandler): () => void {
    this.#mounted.set(path, handler)
    return () => this.#mounted.delete(path)
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}

/** Services for listeners under test: real time, since partners and brokers keep it too. */
export function listenServices(
  receive: ListenServices['receive'],
  door: ListenServices['door'],
  secrets: Readonly<Record<string, string>> = {},
): ListenServices {
  const { randomBytes, secret } = linkServices(() => ({ verdict: 'unreadable' }), secrets)
  const used = new Set<string>()
  const silent = (): void => {}
  return {
    system: { id: 'city-411300', region: '411300' },
    clock: {
      now: () => Date.now(),
      after: (delayMs, callback) => {
        const timer = setTimeout(callback, delayMs).unref()
        return { cancel: () => clearTimeout(timer) }
      },
    },
    randomBytes,
    secret,
    receive,
    door,
    once: async (scope, value) => {
      const key = `${scope} ${value}`
      const fresh = !used.has(key)
      used.add(key)
      return fresh
    },
    log: { info: silent, warn: silent, error: silent },
    errors: DELIVERY_ERRORS,
  }
}

/** Registers the suite. Every difference between two kinds is in the bench's `lacks`. */
export function keepsListenerContract<Config>(
  kind: AdapterKind<never, Config>,
  bench: SenderBench<Config>,
  title = kind.name,
): void {
  describe(`adapter kind ${title} keeps the listener contract`, () => {
    let door: DoorDouble
    let hub: HubDouble
    let sender: Sender<Config>
    let listener: Listener

    beforeEach(async () => {
      door = new DoorDouble()
      hub = new HubDouble()
      sender = await bench.start(await door.open())
      listener = await open()
      await opened(listener)
    })

    afterEach(async () => {
      await listener.close()
      await sender.stop()
      await door.close()
    })

    async function open(): Promise<Listener> {
      assert.ok(kind.listen, `${kind.name} has no inbound half`)
      return kind.listen(sender.config, listenServices(hub.receive, door, bench.secrets))
    }

    function when(lack: ListenerLack, title: string, body: () => Promise<void>): void {
      const reason = bench.lacks?.[lack]
      if (reason === undefined) it(title, body)
      else it.skip(`${title} (${kind.name}: ${reason})`, body)
    }

    const arrives = (sending: Sending): { readonly body: Uint8Array; readonly contentType?: string } =>
      bench.arrives?.(sending) ?? sending

    async function fateOf(id: string): Promise<Fate> {
      let fate: Fate = { kind: 'open' }
      await within(`the fate of ${id}`, async () => {
        fate = await sender.fate(id)
        return fate.kind !== 'open'
      })
      return fate
    }

    it('[bytes] hands the document over byte for byte', async function () {
      this.timeout(60_000)
      let count = 0
      await fc.assert(
        fc.asyncProperty(bench.documents.any, async (document) => {
          const sending = { ...document, id: `${document.id}-${count++}` }
          await sender.send(sending)
          await hub.handedOver(count)
          const { body } = hub.received.at(-1) as Inbound
          assert.equal(Buffer.from(body).toString('hex'), Buffer.from(arrives(sending).body).toString('hex'))
          assert.equal((await fateOf(sending.id)).kind, 'taken')
        }),
        { numRuns: 15, endOnFailure: true },
      )
    })

    when('content-type', '[charset] hands the declared character set over', async () => {
      const sending = bench.documents.sample('A-1')
      await sender.send(sending)
      await hub.handedOver(1)
      assert.equal(hub.received[0]?.contentType, arrives(sending).contentType)
    })

    it('[digits] keeps numbers of 18 digits whole', async () => {
      await sender.send(bench.documents.sample('A-1'))
      await hub.handedOver(1)
      assert.match(Buffer.from(hub.received[0]?.body ?? []).toString('latin1'), /\b410101190001010015\b/)
    })

    it('[receipt] tells the sender that it is taken only after the hub has said so', async () => {
      let release = (): void => {}
      hub.decide(async (inbound) => {
        await new Promise<void>((resolve) => (release = resolve))
        return taken(inbound)
      })
      await sender.send(bench.documents.sample('A-1'))
      await hub.handedOver(1)
      assert.deepEqual(await sender.fate('A-1'), { kind: 'open' })
      release()
      assert.equal((await fateOf('A-1')).kind, 'taken')
    })

    it('[refuses] tells the sender why it was refused, and goes on', async () => {
      hub.decide((inbound, count) => (count === 1 ? refused('SQRMC：缺少必填项') : taken(inbound)))
      await sender.send(bench.documents.sample('A-1'))
      const fate = await fateOf('A-1')
      assert.equal(fate.kind, 'refused')
      assert.match((fate as { words: string }).words, /缺少必填项/)
      await sender.send(bench.documents.sample('A-2'))
      assert.equal((await fateOf('A-2')).kind, 'taken')
    })

    for (const because of ['hub', 'order'] as const) {
      it(`[later] loses nothing when the hub cannot take it yet (${because})`, async () => {
        hub.decide((inbound, count) => (count === 1 ? notYet(because) : taken(inbound)))
        const sending = bench.documents.sample('A-1')
        await sender.send(sending)
        if (bench.lacks?.redelivery !== undefined) {
          // Who is answered at once is told to come back, and comes back.
          assert.equal((await fateOf('A-1')).kind, 'later')
          await sender.send(sending)
        }
        await hub.handedOver(2)
        assert.equal((await fateOf('A-1')).kind, 'taken')
        assert.deepEqual(hub.received[0]?.body, hub.received[1]?.body)
      })
    }

    when('redelivery', '[unknown] hands over again what it could not settle, with the same key', async () => {
      let release = (): void => {}
      const stuck = new Promise<void>((resolve) => (release = resolve))
      hub.decide(async (inbound, count) => {
        if (count > 1) return taken(inbound)
        await stuck
        return taken(inbound)
      })
      await sender.send(bench.documents.sample('A-1'))
      await hub.handedOver(1)
      // The way back is cut while the hub is at it: the sender never learns of the first time.
      await sender.cut()
      release()
      await sender.mend()
      await hub.handedOver(2)
      assert.equal(hub.received[1]?.idempotencyKey, hub.received[0]?.idempotencyKey)
      assert.notEqual(hub.received[0]?.idempotencyKey, undefined)
      assert.equal((await fateOf('A-1')).kind, 'taken')
    })

    when(
      'key',
      '[duplicate] gives a document that is sent twice one key, and two documents two',
      async () => {
        for (const id of ['A-1', 'A-2']) {
          await sender.send(bench.documents.sample(id))
          assert.equal((await fateOf(id)).kind, 'taken')
        }
        const [first, second] = hub.received.map(({ idempotencyKey }) => idempotencyKey)
        assert.notEqual(first, second)
        for (const key of [first, second]) assert.match(key ?? '', /^[\x21-\x7e]{1,200}$/)
      },
    )

    when('order', '[order] hands over in the order in which it was sent', async () => {
      const ids = Array.from({ length: 12 }, (_, index) => `A-${index + 10}`)
      for (const id of ids) await sender.send(bench.documents.sample(id))
      await hub.handedOver(ids.length)
      const seen = hub.received.map(({ body }) => /A-\d+/.exec(Buffer.from(body).toString('latin1'))?.[0])
      assert.deepEqual(seen, ids)
    })

    it('[together] settles several documents each with its own outcome', async () => {
      hub.decide((inbound) =>
        /A-\d*[13579]\b/.test(Buffer.from(inbound.body).toString('latin1'))
          ? refused('单号不收')
          : taken(inbound),
      )
      const ids = Array.from({ length: 10 }, (_, index) => `A-${index + 10}`)
      await Promise.all(ids.map((id) => sender.send(bench.documents.sample(id))))
      const fates = await Promise.all(ids.map(async (id) => (await fateOf(id)).kind))
      assert.deepEqual(
        fates,
        ids.map((_, index) => (index % 2 === 1 ? 'refused' : 'taken')),
      )
    })

    it('[caps] refuses what is too large without handing it over, and goes on', async function () {
      this.timeout(60_000)
      await sender.send(bench.tooLarge('A-1'))
      assert.equal((await fateOf('A-1')).kind, 'refused')
      assert.equal(hub.received.length, 0)
      await sender.send(bench.documents.sample('A-2'))
      assert.equal((await fateOf('A-2')).kind, 'taken')
    })

    when('cut', '[link-lost] says that it is cut off, and comes back by itself', async () => {
      await sender.cut()
      await within('a status that is not open', () => listener.status().state === 'lost')
      assert.ok((listener.status().words ?? '').length > 0)
      await sender.mend()
      await opened(listener)
      await sender.send(bench.documents.sample('A-1'))
      assert.equal((await fateOf('A-1')).kind, 'taken')
    })

    when(
      'cut',
      '[probe] opens although its counterpart is not there, says so, and works once it is',
      async () => {
        await listener.close()
        await sender.cut()
        listener = await open()
        assert.notEqual(listener.status().state, 'open')
        await sender.mend()
        await opened(listener)
        await sender.send(bench.documents.sample('A-1'))
        assert.equal((await fateOf('A-1')).kind, 'taken')
      },
    )

    it('[close-twice] can be closed twice, and settles first what was handed over', async () => {
      let release = (): void => {}
      hub.decide(async (inbound) => {
        await new Promise<void>((resolve) => (release = resolve))
        return taken(inbound)
      })
      await sender.send(bench.documents.sample('A-1'))
      await hub.handedOver(1)
      const closed = Promise.all([listener.close(), listener.close()])
      release()
      await closed
      assert.equal((await fateOf('A-1')).kind, 'taken')
      assert.equal(listener.status().state, 'closed')
      await listener.close()
    })

    it('[abort] hands nothing over after it was closed', async () => {
      await listener.close()
      await sender.send(bench.documents.sample('A-1')).catch(() => undefined)
      assert.equal(hub.received.length, 0)
      listener = await open()
      await opened(listener)
      await sender.send(bench.documents.sample('A-2'))
      assert.equal((await fateOf('A-2')).kind, 'taken')
      const handed = hub.received.map(({ body }) => Buffer.from(body).toString('latin1'))
      // Where the first waited in between, it is handed over now, and once.
      assert.ok(handed.filter((text) => text.includes('A-1')).length <= 1)
    })
  })
}

async function opened(listener: Listener): Promise<void> {
  await within('an open listener', () => listener.status().state === 'open')
}

/** Looks until it holds, at once after each change where those are told. */
async function within(
  what: string,
  holds: () => boolean | Promise<boolean>,
  changes?: Set<() => void>,
): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: did not happen within ${PATIENCE_MS} ms`)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, 20)
      changes?.add(done)
      function done(): void {
        clearTimeout(timer)
        changes?.delete(done)
        resolve()
      }
    })
  }
}
