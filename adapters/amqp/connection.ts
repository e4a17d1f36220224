/** A connection to a broker that stands within its time, can be dropped, and says why it ended. */
import type { EventEmitter } from 'node:events'
import { type ChannelModel, connect } from 'amqplib'
import type { Clock } from '../../hub/contract/clock.ts'
import type { Pem } from '../shared/options.ts'
import { unlessStopped } from '../shared/unless-stopped.ts'

export interface ConnectionOptions {
  /** Holds a password: never to be logged or put into an error. */
  readonly url: string
  readonly tls: Pem
  readonly connectTimeoutMs: number
  readonly clock: Clock
}

/** How long the broker may take to answer our good-bye before the connection is dropped. */
const FAREWELL_MS = 1_000

/** A connection that can be dropped, and says why it ended. */
export interface Connection {
  readonly model: ChannelModel
  /** Says good-bye, and drops the connection where nobody answers. Safe twice. */
  close(): Promise<void>
}

/** @throws whatever kept the connection from standing within its time */
export async function openConnection(
  { url, tls, connectTimeoutMs, clock }: ConnectionOptions,
  stop: AbortSignal,
): Promise<Connection> {
  stop.throwIfAborted()
  // Node destroys the socket when its signal fires: amqplib itself only ever ends it, and waits for the other side.
  const socket = new AbortController()
  const drop = (): void => socket.abort()
  const timer = clock.after(connectTimeoutMs, () => {
    socket.abort(new Error(`no connection within ${connectTimeoutMs} ms`))
  })
  stop.addEventListener('abort', drop)
  try {
    // No heartbeat is asked for: the broker's own interval holds (0 would switch it off, amqplib 2.0.0).
    const opening = connect(url, {
      ...tls,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      noDelay: true,
      signal: socket.signal,
      clientProperties: { connection_name: 'integration-hub' },
    } as Parameters<typeof connect>[1] & object)
    const model = (await unlessStopped(opening, socket.signal)) as ChannelModel
    tolerate(model)
    tolerate(model.connection as unknown as EventEmitter)
    let closed: Promise<void> | undefined
    return {
      model,
      close: () => {
        closed ??= farewell(model, clock).finally(drop)
        return closed
      },
    }
  } catch (error) {
    drop()
    throw error
  } finally {
    timer.cancel()
    stop.removeEventListener('abort', drop)
  }
}

async function farewell(model: ChannelModel, clock: Clock): Promise<void> {
  const limit = new AbortController()
  const timer = clock.after(FAREWELL_MS, () => limit.abort())
  // Refused where it is closed already.
  await unlessStopped(model.close(), limit.signal).catch(() => {})
  timer.cancel()
}

/** Every emitter of amqplib gets both: without a listener an error ends the process, and an exception in a listener the channel. */
export function tolerate(emitter: EventEmitter): void {
  emitter.on('error', () => {})
  emitter.on('handler-error', () => {})
}

/** The reply code of a broker that refused us, where the error tells; log-in refusals have it in their text only. */
export function replyCode(error: unknown): number | undefined {
  const { code, message } = error as { code?: unknown; message?: string }
  if (typeof code === 'number') return code
  const told = /by server: (\d{3}) /.exec(message ?? '')?.[1]
  return told === undefined ? undefined : Number(told)
}

export function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: string }
  if (typeof message === 'string' && message !== '') return message
  return typeof code === 'string' ? code : String(error)
}
