/**
 * A bad network between two programs: passes bytes both ways, and does to each connection what its treatment says. It
 * reads no protocol; it only knows that the caller speaks, the receiver answers, and that with the caller's next words
 * the next exchange begins.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Chance } from './time.ts'

export const TROUBLES = ['cut', 'reset', 'truncate', 'lose-answer', 'delay'] as const

/**
 * `cut`: so many bytes of the caller's words get through, then both sides see the end of the connection.
 * `reset`: the same, but the connection is reset.
 * `truncate`: so many bytes of the answer get through, then the connection ends.
 * `lose-answer`: all words get through; when the receiver begins to answer, the caller sees a reset instead. What was
 * asked for has been done, and the caller cannot know it.
 * `delay`: the caller's words are held back for so long.
 */
export type Trouble =
  | { readonly kind: 'cut' | 'reset' | 'truncate'; readonly afterBytes: number }
  | { readonly kind: 'lose-answer' }
  | { readonly kind: 'delay'; readonly delayMs: number }

/** What becomes of one connection: trouble in its n-th exchange, from 1; undefined where all goes well. */
export type Treatment = (Trouble & { readonly exchange: number }) | undefined

/** Called once per connection, in the order in which they come. */
export type ChooseTreatment = () => Treatment

export interface FaultProxyOptions {
  /** Where the receiver listens now: asked for every connection, since it may come back elsewhere. */
  readonly target: () => { readonly host: string; readonly port: number }
  readonly choose: ChooseTreatment
}

/** How often each kind of trouble came about: chosen is not yet happened. */
export type TroubleCounts = Readonly<Record<Trouble['kind'], number>>

export interface FaultProxy {
  /** `http://127.0.0.1:<port>`; stays the same. */
  readonly address: string
  counts(): TroubleCounts
  /** From now on every byte passes, on standing connections too. */
  calm(): void
  /** The receiver is gone: every connection is reset, and every new one, until `up`. Safe twice. */
  down(): void
  /** Safe twice. */
  up(): void
  /** Resets every connection and listens no more. Safe twice. */
  close(): Promise<void>
}

/** Takes treatments from a list, one a connection; what comes after its end goes well. */
export function scripted(treatments: readonly Treatment[]): ChooseTreatment {
  const left = [...treatments]
  return () => left.shift()
}

/**
 * Chooses by the seed: every connection gets trouble of some kind, in an exchange from the first to `mostExchanges`, so
 * that about two in `mostExchanges` exchanges meet it.
 */
export function seededTreatments(chance: Chance, mostExchanges: number): ChooseTreatment {
  return () => {
    const exchange = chance.whole(1, mostExchanges)
    const kind = TROUBLES[chance.whole(0, TROUBLES.length - 1)] as Trouble['kind']
    const size = chance.whole(0, MOST_BYTES)
    if (kind === 'delay') return { kind, exchange, delayMs: chance.whole(1, MOST_DELAY_MS) }
    if (kind === 'lose-answer') return { kind, exchange }
    // Few answers are as long as a request.
    return { kind, exchange, afterBytes: kind === 'truncate' ? size % 300 : size }
  }
}

/** About the size of a request with a case in it. */
const MOST_BYTES = 6_000
const MOST_DELAY_MS = 200

/** Listens on a free port of this machine. */
export async function openFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const counts = { cut: 0, reset: 0, truncate: 0, 'lose-answer': 0, delay: 0 }
  const sockets = new Set<Socket>()
  let isCalm = false
  let isDown = false
  // A side that is done writing is still answered: ends are passed on, not drawn together.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => {
    if (isDown) return void caller.on('error', () => undefined).resetAndDestroy()
    const receiver = connect({ ...options.target(), allowHalfOpen: true, noDelay: true })
    for (const socket of [caller, receiver]) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
    const treatment = options.choose()
    join(caller, receiver, {
      treatment: () => (isCalm ? undefined : treatment),
      happened: (kind) => counts[kind]++,
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  let closing: Promise<void> | undefined
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: () => ({ ...counts }),
    calm: () => {
      isCalm = true
    },
    down: () => {
      isDown = true
      for (const socket of sockets) socket.resetAndDestroy()
    },
    up: () => {
      isDown = false
    },
    close: () => (closing ??= closed(server, sockets)),
  }
}

interface Course {
  treatment(): Treatment
  happened(kind: Trouble['kind']): void
}

/** Passes bytes between the two until one of them, or the treatment, ends it. */
function join(caller: Socket, receiver: Socket, { treatment, happened }: Course): void {
  let exchange = 0
  let answering = true
  /** Bytes of this exchange, each way. */
  let asked = 0
  let answered = 0
  let delayed = false
  let ended = false

  const end = (how: 'end' | 'reset', kind: Trouble['kind']): void => {
    ended = true
    happened(kind)
    for (const socket of [caller, receiver]) {
      if (how === 'reset') socket.resetAndDestroy()
      else socket.destroySoon()
    }
  }
  const now = (): Treatment => {
    const chosen = treatment()
    return chosen?.exchange === exchange ? chosen : undefined
  }

  caller.on('data', (bytes: Buffer) => {
    if (ended) return
    if (answering) {
      exchange++
      answering = false
      asked = answered = 0
    }
    const trouble = now()
    if (trouble?.kind === 'delay' && !delayed) {
      delayed = true
      happened('delay')
      caller.pause()
      setTimeout(() => {
        caller.resume()
        pass(bytes, caller, receiver)
      }, trouble.delayMs).unref()
      return
    }
    if ((trouble?.kind === 'cut' || trouble?.kind === 'reset') && asked + bytes.length > trouble.afterBytes) {
      receiver.write(bytes.subarray(0, Math.max(0, trouble.afterBytes - asked)))
      end(trouble.kind === 'cut' ? 'end' : 'reset', trouble.kind)
      return
    }
    asked += bytes.length
    pass(bytes, caller, receiver)
  })
  receiver.on('data', (bytes: Buffer) => {
    if (ended) return
    answering = true
    const trouble = now()
    if (trouble?.kind === 'lose-answer') return end('reset', 'lose-answer')
    if (trouble?.kind === 'truncate' && answered + bytes.length > trouble.afterBytes) {
      caller.write(bytes.subarray(0, Math.max(0, trouble.afterBytes - answered)))
      return end('end', 'truncate')
    }
    answered += bytes.length
    pass(bytes, receiver, caller)
  })
  for (const [one, other] of [
    [caller, receiver],
    [receiver, caller],
  ] as const) {
    one.on('end', () => other.end())
    // A reset is passed on as a reset: the other side must not take it for a proper end.
    one.on('error', () => other.resetAndDestroy())
    one.on('close', () => other.destroySoon())
  }
}

/** No more is read than the other side takes. */
function pass(bytes: Buffer, from: Socket, to: Socket): void {
  if (to.destroyed || to.writableEnded) return
  if (to.write(bytes)) return
  from.pause()
  to.once('drain', () => from.resume())
}

async function closed(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const done = once(server, 'close')
  server.close()
  for (const socket of sockets) socket.resetAndDestroy()
  await done
}
