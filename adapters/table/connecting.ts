/** How a connection comes to stand within its time, and how an answer that never comes ends it: the same for both engines. */
import { Socket, type TcpNetConnectOpts } from 'node:net'
import type { Clock } from '../../hub/contract/clock.ts'
import { DatabaseFault, lost, type SessionOptions } from './session.ts'

/** Beyond the server's own limits, the network or the whole server is gone. */
const GRACE_MS = 2_000
const KEEP_ALIVE_MS = 10_000

/** A socket that goes only to allowed addresses, whoever tells it to connect. */
export function guardedSocket({ lookup }: Pick<SessionOptions, 'lookup'>): Socket {
  const socket = new Socket()
  const connect = socket.connect.bind(socket) as (options: TcpNetConnectOpts) => Socket
  socket.connect = ((port: number, host: string) => connect({ port, host, lookup })) as Socket['connect']
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  return socket
}

/**
 * Waits for `work`, and calls `drop` when it takes longer than `limitMs` or the signal fires. Rejects as soon as that
 * happens; what `work` does afterwards is nobody's concern.
 */
export async function connected<Result>(
  work: Promise<Result>,
  drop: () => void,
  stop: AbortSignal,
  { clock, connectTimeoutMs }: Pick<SessionOptions, 'clock' | 'connectTimeoutMs'>,
): Promise<Result> {
  work.catch(() => {})
  return within(work, clock, connectTimeoutMs, stop, (reason) => {
    drop()
    return new DatabaseFault(
      'unreachable',
      reason === 'time' ? `no session within ${connectTimeoutMs} ms` : 'stopped',
    )
  })
}

/** Waits for the answer of a statement; drops the session where the server keeps silent beyond its own limits. */
export async function answered<Result>(
  work: Promise<Result>,
  drop: () => void,
  {
    clock,
    statementTimeoutMs,
    lockTimeoutMs,
  }: Pick<SessionOptions, 'clock' | 'statementTimeoutMs' | 'lockTimeoutMs'>,
): Promise<Result> {
  const limitMs = Math.max(statementTimeoutMs, lockTimeoutMs) + GRACE_MS
  work.catch(() => {})
  return within(work, clock, limitMs, undefined, () => {
    drop()
    return lost(`no answer within ${limitMs} ms`)
  })
}

function within<Result>(
  work: Promise<Result>,
  clock: Clock,
  limitMs: number,
  stop: AbortSignal | undefined,
  give: (reason: 'time' | 'stop') => Error,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => reject(give('stop'))
    const timer = clock.after(limitMs, () => reject(give('time')))
    if (stop?.aborted) stopped()
    stop?.addEventListener('abort', stopped, { once: true })
    work.then(resolve, reject).finally(() => {
      timer.cancel()
      stop?.removeEventListener('abort', stopped)
    })
  })
}

/** Whether a session can still be used, and the end of everything that runs on it once it cannot. */
export class Lifetime {
  #reason: string | undefined
  readonly #atEnd = new Set<(reason: string) => void>()

  get isEnded(): boolean {
    return this.#reason !== undefined
  }

  /** The first reason stays. */
  end(reason: string): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    for (const callback of this.#atEnd) callback(reason)
    this.#atEnd.clear()
  }

  onEnd(callback: (reason: string) => void): void {
    if (this.#reason === undefined) this.#atEnd.add(callback)
    else callback(this.#reason)
  }

  /** Clients may forget what was running when their connection is dropped. */
  during<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#reason !== undefined) return Promise.reject(lost(this.#reason))
    return new Promise((resolve, reject) => {
      const ended = (reason: string): void => reject(lost(reason))
      this.#atEnd.add(ended)
      work()
        .then(resolve, reject)
        .finally(() => this.#atEnd.delete(ended))
    })
  }
}
