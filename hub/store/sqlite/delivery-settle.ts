/** How an attempt of a delivery ended, and the evidence of it. */
import type { Attempt, Settlement } from '../../contract/store.ts'
import type { Connection } from './connection.ts'
import { deliveryFree } from './delivery-free.ts'

/** Answers, per settlement, whether its fence still held. A lease that ran out still holds until somebody takes it over. */
export function deliverySettle(
  connection: Connection,
  settlements: readonly Settlement[],
): readonly boolean[] {
  return settlements.map((settlement) => settleOne(connection, settlement))
}

function settleOne(connection: Connection, settlement: Settlement): boolean {
  const row = connection.one(
    `select position, case_no, destination from delivery where id = ? and state = 'leased' and fence = ?`,
    settlement.deliveryId,
    settlement.fence,
  )
  if (row === undefined) return false
  const position = row.position as number
  const waits = settlement.state === 'waiting'
  const { attempt } = settlement
  connection.run(
    `update delivery set state = ?, attempts = attempts + ?, due_at_ms = coalesce(?, due_at_ms), settled_at_ms = ?,
       reference = coalesce(?, reference), reason = ?, maybe_sent = ?, lease_owner = null, lease_until_ms = null
     where position = ?`,
    settlement.state,
    settlement.counts ? 1 : 0,
    waits ? Math.ceil(settlement.dueAtMs) : null,
    waits ? null : attempt.endedAtMs,
    settlement.reference ?? null,
    settlement.reason === undefined ? null : JSON.stringify(settlement.reason),
    settlement.maybeSent ? 1 : 0,
    position,
  )
  connection.run(
    `insert into attempt (delivery_position, started_at_ms, ended_at_ms, outcome, words, sent, answered)
     values (?, ?, ?, ?, ?, ?, ?)`,
    position,
    attempt.startedAtMs,
    attempt.endedAtMs,
    attempt.outcome,
    attempt.words,
    attempt.sent ?? null,
    attempt.answered ?? null,
  )
  if (settlement.state === 'delivered')
    deliveryFree(connection, row.case_no as string, row.destination as string)
  return true
}

/** Oldest first. */
export function attemptList(
  connection: Connection,
  query: { readonly deliveryId: string },
): readonly Attempt[] {
  return connection
    .all(
      `select * from attempt where delivery_position = (select position from delivery where id = ?) order by position`,
      query.deliveryId,
    )
    .map((row) => ({
      startedAtMs: row.started_at_ms as number,
      endedAtMs: row.ended_at_ms as number,
      outcome: row.outcome as string,
      words: row.words as string,
      sent: (row.sent as Uint8Array | null) ?? undefined,
      answered: (row.answered as Uint8Array | null) ?? undefined,
    }))
}
