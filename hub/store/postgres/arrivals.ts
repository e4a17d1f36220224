/**
 * Telling other nodes where there is something to do: a notification in the transaction that brought it, so none is
 * lost by a crash in between, and none comes before there is something to see.
 * https://www.postgresql.org/docs/current/sql-notify.html
 */
import type { Clock, Timer } from '../../contract/clock.ts'
import type { NodeNews } from '../../contract/store.ts'
import { type Listening, openListening, type Sessions, type Statement } from './connection.ts'
import type { DatabaseAddress } from './database-url.ts'

/** A payload is shorter than 8000 bytes. */
const MOST_BYTES = 7_999
/** Sent instead of what is too long: the same as after a lost connection. */
const EVERYWHERE = '[]'
const RELEASED = 'released '

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 30_000
/** How often a quiet connection is asked whether it is still there. */
const CHECK_MS = 30_000

/** Notifications are for a whole database; each schema has a channel of its own. */
export function channelOf(schemaId: number): string {
  return `hub_arrivals_${schemaId}`
}

/** There are deliveries to these destinations. */
export function arrivalNotice(channel: string, destinations: readonly string[]): Statement {
  const payload = JSON.stringify([...new Set(destinations)].sort())
  const fits = Buffer.byteLength(payload) <= MOST_BYTES
  return { sql: 'select pg_notify($1, $2)', values: [channel, fits ? payload : EVERYWHERE] }
}

/** These destinations have become free. */
export function releaseNotice(channel: string, destinations: readonly string[]): Statement {
  const payload = `${RELEASED}${JSON.stringify(destinations)}`
  const fits = Buffer.byteLength(payload) <= MOST_BYTES
  return { sql: 'select pg_notify($1, $2)', values: [channel, fits ? payload : `${RELEASED}${EVERYWHERE}`] }
}

const notifyOf = `
  select pg_notify($1, case when octet_length(payload) <= ${MOST_BYTES} then payload else '${EVERYWHERE}' end)
  from (
    select json_agg(distinct destination)::text as payload from delivery where id = any($2) having count(*) > 0
  ) as notice`

/** The same for the destinations of these deliveries. */
export function arrivalNoticeOf(channel: string, deliveryIds: readonly string[]): Statement {
  return { sql: notifyOf, values: [channel, deliveryIds] }
}

export interface ListenParts {
  readonly address: DatabaseAddress
  readonly channel: string
  /** What these say is known here already. */
  readonly sessions: Sessions
  readonly clock: Clock
}

/** See `Store.listen`. Pauses between attempts to reconnect double, up to half a minute. */
export async function listenForArrivals(
  { address, channel, sessions, clock }: ListenParts,
  callback: (destinations: readonly string[], news: NodeNews) => void,
): Promise<() => Promise<void>> {
  let listening: Listening | undefined
  let timer: Timer | undefined
  let stopped = false

  const connect = async (): Promise<void> => {
    const opened = await openListening(address, channel, {
      onNotice: (payload, processId) => {
        if (stopped || sessions.isOwn(processId)) return
        if (payload.startsWith(RELEASED)) callback(JSON.parse(payload.slice(RELEASED.length)), 'released')
        else callback(JSON.parse(payload), 'arrived')
      },
      onLost: () => reconnect(FIRST_PAUSE_MS),
    })
    // Stopped while it was connecting.
    if (stopped) return opened.close()
    listening = opened
    checkLater(opened)
  }

  const reconnect = (pauseMs: number): void => {
    timer?.cancel()
    if (stopped) return
    timer = clock.after(pauseMs, () => {
      connect().then(
        () => stopped || callback([], 'arrived'),
        () => reconnect(Math.min(2 * pauseMs, LONGEST_PAUSE_MS)),
      )
    })
  }

  const checkLater = (opened: Listening): void => {
    timer = clock.after(CHECK_MS, () => {
      // A connection that does not answer is ended by its own time limit, and that is heard as a loss.
      opened.check().then(
        () => stopped || listening !== opened || checkLater(opened),
        () => {},
      )
    })
  }

  await connect()
  return async () => {
    stopped = true
    timer?.cancel()
    await listening?.close()
  }
}
