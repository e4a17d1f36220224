/**
 * Accepting messages, many in one transaction of two trips: the first locks the cases and asks what is known, the
 * second writes. Between the two it is decided who is written, so that a repeated key or a conflict writes nothing.
 *
 * Locks are always taken in one order, each kind sorted: case rows that exist, then what the unique keys lock as they
 * are written (keys, new cases, external ids). Transactions therefore do not wait for each other in a circle. What
 * another node writes between the two trips breaks a unique key; then the group begins again and finds it.
 */
import { StoreError } from '../../contract/errors.ts'
import type { Acceptance, AcceptResult, ExternalId, Store } from '../../contract/store.ts'
import type { Row, Statement } from './connection.ts'
import type { Database } from './database.ts'
import { caseLock } from './delivery-order.ts'
import { messageWrite } from './message-write.ts'
import { brokenKey } from './postgres-errors.ts'
import { rowsOf } from './rows-of.ts'
import type { Outcome } from './write-group.ts'

/** Keys that two nodes may race for; a broken key of any other kind is an id of the hub's own used twice: a bug. */
const RACED: ReadonlySet<string> = new Set(['idempotency_pkey', 'case_row_pkey', 'external_id_pkey'])

/** Each round that is lost has found at least one more of the group that somebody else wrote. */
const MOST_ROUNDS = 20

/**
 * An outcome per acceptance, as if they had been accepted one after the other. `channel`: where other nodes listen.
 * Throws `StoreError` where the store did not take any more of them; those may have been written whose answer was
 * not heard, and their keys will tell.
 */
export async function messageAcceptGroup(
  database: Database,
  channel: string,
  acceptances: readonly Acceptance[],
): Promise<readonly Outcome<AcceptResult>[]> {
  const outcomes = new Map<Acceptance, Outcome<AcceptResult>>()
  for (let lost = 0; outcomes.size < acceptances.length; ) {
    const rest = acceptances.filter((acceptance) => !outcomes.has(acceptance))
    try {
      for (const [acceptance, value] of await acceptRound(database, channel, rest))
        outcomes.set(acceptance, { value })
    } catch (error) {
      if (error instanceof StoreError) throw error
      if (RACED.has(brokenKey(error) ?? '') && lost < MOST_ROUNDS) {
        lost += 1
      } else if (rest.length > 1) {
        // One of them is broken; alone, it fails alone.
        for (const acceptance of rest) {
          const [outcome] = await messageAcceptGroup(database, channel, [acceptance])
          outcomes.set(acceptance, outcome as Outcome<AcceptResult>)
        }
      } else {
        outcomes.set(rest[0] as Acceptance, { error })
      }
    }
  }
  return acceptances.map((acceptance) => outcomes.get(acceptance) as Outcome<AcceptResult>)
}

/** Everything that can be decided at once: what shares a key, case or id with one that is written now comes next round. */
function acceptRound(
  database: Database,
  channel: string,
  acceptances: readonly Acceptance[],
): Promise<ReadonlyMap<Acceptance, AcceptResult>> {
  return database.transaction(async (transaction) => {
    const known = knownOf(await transaction.send(...questions(acceptances)))
    const results = new Map<Acceptance, AcceptResult>()
    const chosen: Acceptance[] = []
    const touched = new Set<string>()
    for (const acceptance of acceptances) {
      const repeated = known.answers.get(keyOf(acceptance.idempotency))
      if (repeated !== undefined) {
        results.set(acceptance, { outcome: 'repeated', ...repeated })
        continue
      }
      const touches = touchedBy(acceptance)
      if (touches.some((name) => touched.has(name))) continue
      const on = conflictOf(known, acceptance)
      if (on !== undefined) {
        results.set(acceptance, { outcome: 'conflict', on })
        continue
      }
      for (const name of touches) touched.add(name)
      chosen.push(acceptance)
      results.set(acceptance, { outcome: 'accepted' })
    }
    if (chosen.length > 0)
      await transaction.commit(...messageWrite(chosen, (id) => known.holders.has(holderKey(id)), channel))
    return results
  })
}

type Answer = { readonly bodyDigest: string; readonly answer: Readonly<Record<string, unknown>> }

interface Known {
  /** By sender and key. */
  readonly answers: ReadonlyMap<string, Answer>
  /** By case number; the rows are locked. */
  readonly versions: ReadonlyMap<string, number>
  /** Case number by system and value. */
  readonly holders: ReadonlyMap<string, string>
}

/** `limit` in a lateral query keeps the planner from reading the whole table instead. */
const selectAnswers = `
  select given.system, given.key, kept.body_digest, kept.answer
  from json_to_recordset($1) as given (system text, key text)
  cross join lateral (
    select body_digest, answer from idempotency
    where idempotency.system = given.system and idempotency.key = given.key limit 1
  ) as kept`

const selectHolders = `
  select given.system, given.value, kept.case_no
  from json_to_recordset($1) as given (system text, value text)
  cross join lateral (
    select case_no from external_id
    where external_id.system = given.system and external_id.value = given.value limit 1
  ) as kept`

function questions(acceptances: readonly Acceptance[]): Statement[] {
  const keys = acceptances.map(({ idempotency: { system, key } }) => ({ system, key }))
  const externalIds = acceptances.flatMap((acceptance) => acceptance.externalIds)
  return [
    caseLock(acceptances.map(({ case: { caseNo } }) => caseNo)),
    { sql: selectAnswers, values: [rowsOf(keys)] },
    ...(externalIds.length === 0 ? [] : [{ sql: selectHolders, values: [rowsOf(externalIds)] }]),
  ]
}

function knownOf([cases = [], answers = [], holders = []]: readonly (readonly Row[])[]): Known {
  return {
    versions: new Map(cases.map((row) => [row.case_no as string, row.version as number])),
    answers: new Map(
      answers.map((row) => [keyOf({ system: row.system as string, key: row.key as string }), answerOf(row)]),
    ),
    holders: new Map(
      holders.map((row) => [
        holderKey({ system: row.system as string, value: row.value as string }),
        row.case_no as string,
      ]),
    ),
  }
}

function conflictOf(known: Known, { case: row, externalIds }: Acceptance) {
  const before = known.versions.get(row.caseNo)
  if (row.version === 1 && before !== undefined) return 'case-number'
  if (row.version !== (before ?? 0) + 1) return 'version'
  const taken = externalIds.some((externalId) => {
    const holder = known.holders.get(holderKey(externalId))
    return holder !== undefined && holder !== row.caseNo
  })
  return taken ? 'external-id' : undefined
}

function touchedBy({ idempotency, message, case: row, externalIds, deliveries }: Acceptance): string[] {
  return [
    `key ${keyOf(idempotency)}`,
    `case ${row.caseNo}`,
    `message ${message.id}`,
    ...externalIds.map((externalId) => `external id ${holderKey(externalId)}`),
    ...deliveries.map(({ id }) => `delivery ${id}`),
  ]
}

/** JSON keeps ('a', 'b:c') apart from ('a:b', 'c'). */
function keyOf({ system, key }: { readonly system: string; readonly key: string }): string {
  return JSON.stringify([system, key])
}

function holderKey({ system, value }: ExternalId): string {
  return keyOf({ system, key: value })
}

/** The stored answer of an idempotency key. */
export async function answerGet(
  database: Database,
  { system, key }: Parameters<Store['answerGet']>[0],
): Promise<Answer | undefined> {
  const [[row] = []] = await database.read({
    sql: 'select body_digest, answer from idempotency where system = $1 and key = $2',
    values: [system, key],
  })
  return row && answerOf(row)
}

function answerOf(row: Row): Answer {
  return { bodyDigest: row.body_digest as string, answer: JSON.parse(row.answer as string) }
}
