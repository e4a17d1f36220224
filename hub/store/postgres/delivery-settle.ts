/** How attempts of deliveries ended, many in one transaction of one trip, and the evidence of it. */
import type { Attempt, Settlement } from '../../contract/store.ts'
import type { Statement } from './connection.ts'
import type { Database } from './database.ts'
import { caseLockOf, deliveryFree } from './delivery-order.ts'
import { rowsOf } from './rows-of.ts'

/** A lease is there exactly where its end is; asking for the state would lead the planner to read every lease. */
export const endAttempts = `
  with given as materialized (
    select * from json_to_recordset($2) as given (
      n integer, id text, fence integer, state text, counts integer, due_at_ms bigint, settled_at_ms bigint,
      reference text, reason text, maybe_sent boolean, started_at_ms bigint, ended_at_ms bigint, outcome text, words text, sent text,
      answered text)
  ), settled as (
    update delivery set
      state = given.state, attempts = attempts + given.counts,
      due_at_ms = coalesce(given.due_at_ms, delivery.due_at_ms), settled_at_ms = given.settled_at_ms,
      reference = coalesce(given.reference, delivery.reference), reason = given.reason,
      maybe_sent = given.maybe_sent, lease_owner = null, lease_until_ms = null
    from given
    where delivery.id = any($1) and delivery.id = given.id and delivery.fence = given.fence
      and delivery.lease_until_ms is not null
    returning delivery.position, given.n
  ), noted as (
    insert into attempt (
      delivery_position, started_at_ms, ended_at_ms, outcome, words, sent, answered)
    select settled.position, started_at_ms, ended_at_ms, outcome, words, decode(sent, 'base64'), decode(answered, 'base64')
    from settled join given on given.n = settled.n
  )
  select n from settled`

/**
 * Answers, per settlement of each list, whether its fence still held. A lease that ran out still holds until somebody
 * takes it over. Of two settlements with the same fence the first one counts.
 */
export async function deliverySettleGroup(
  database: Database,
  lists: readonly (readonly Settlement[])[],
): Promise<readonly (readonly boolean[])[]> {
  const all = lists.flat()
  const firsts = new Map<string, number>()
  for (const [index, { deliveryId, fence }] of all.entries()) {
    const lease = JSON.stringify([deliveryId, fence])
    if (!firsts.has(lease)) firsts.set(lease, index)
  }
  const chosen = [...firsts.values()]
  const held = all.map(() => false)
  if (chosen.length > 0) {
    const settlements = chosen.map((index) => all[index] as Settlement)
    for (const place of await settle(database, settlements)) held[chosen[place] as number] = true
  }
  let from = 0
  return lists.map((list) => {
    from += list.length
    return held.slice(from - list.length, from)
  })
}

/** The places of those whose fence held. */
async function settle(database: Database, settlements: readonly Settlement[]): Promise<readonly number[]> {
  const ids = settlements.map(({ deliveryId }) => deliveryId)
  const delivered = settlements
    .filter(({ state }) => state === 'delivered')
    .map(({ deliveryId }) => deliveryId)
  const end: Statement = { sql: endAttempts, values: [ids, rowsOf(settlements.map(rowOf))] }
  // Only what is delivered frees another one.
  const trip = delivered.length === 0 ? [end] : [caseLockOf(delivered), end, deliveryFree(delivered)]
  const rows = await database.write(...trip)
  return (rows[trip.indexOf(end)] ?? []).map((row) => row.n as number)
}

function rowOf({ deliveryId, attempt, ...settlement }: Settlement, n: number) {
  const waits = settlement.state === 'waiting'
  return {
    n,
    id: deliveryId,
    fence: settlement.fence,
    state: settlement.state,
    counts: settlement.counts ? 1 : 0,
    due_at_ms: waits ? Math.ceil(settlement.dueAtMs) : undefined,
    settled_at_ms: waits ? undefined : attempt.endedAtMs,
    reference: settlement.reference,
    reason: settlement.reason && JSON.stringify(settlement.reason),
    maybe_sent: settlement.maybeSent,
    started_at_ms: attempt.startedAtMs,
    ended_at_ms: attempt.endedAtMs,
    outcome: attempt.outcome,
    words: attempt.words,
    sent: attempt.sent && Buffer.from(attempt.sent).toString('base64'),
    answered: attempt.answered && Buffer.from(attempt.answered).toString('base64'),
  }
}

/** For the limits of a group: what a settlement carries besides its words. */
export function weightOf(settlements: readonly Settlement[]): number {
  const bytesOf = ({ attempt }: Settlement) => (attempt.sent?.length ?? 0) + (attempt.answered?.length ?? 0)
  return settlements.reduce((sum, settlement) => sum + bytesOf(settlement), 0)
}

const selectAttempts = `
  select started_at_ms, ended_at_ms, outcome, words, sent, answered from attempt
  where delivery_position = (select position from delivery where id = $1) order by position`

/** Oldest first. */
export async function attemptList(
  database: Database,
  query: { readonly deliveryId: string },
): Promise<readonly Attempt[]> {
  const [rows = []] = await database.read({ sql: selectAttempts, values: [query.deliveryId] })
  return rows.map((row) => ({
    startedAtMs: row.started_at_ms as number,
    endedAtMs: row.ended_at_ms as number,
    outcome: row.outcome as string,
    words: row.words as string,
    sent: (row.sent as Uint8Array | null) ?? undefined,
    answered: (row.answered as Uint8Array | null) ?? undefined,
  }))
}
