/**
 * Accepting messages, many in one transaction of two trips: the first locks the cases and asks what is known, the
 * second writes. Between the two it is decided who is written, so that a repeated key or a conflict writes nothing.
 *
 * Locks are always taken in one order, each kind sorted: case rows that exist, then what the unique keys lock as they
 * are written (nonces, keys, new cases, external ids). Transactions therefore do not wait for each other in a circle.
 * What another node writes between the two trips breaks a unique key; then the group begins again and finds it.
 */
import { StoreError } from '../../contract/errors.ts'
import type { Acceptance, AcceptResult, ExternalId, Store } from '../../contract/store.ts'
import type { Row, Statement } from './connection.ts'
import type { Database } from './database.ts'
import { caseLock } from './delivery-order.ts'
import { type AlreadyThere, messageWrite } from './message-write.ts'
import { nonceName, nonceQuestion } from './nonce-remember.ts'
import { brokenKey } from './postgres-errors.ts'
import { rowsOf, storedText } from './rows-of.ts'
import type { Outcome } from './write-group.ts'

/** Keys that two nodes may race for; a broken key of any other kind is an id of the hub's own used twice: a bug. */
const RACED: ReadonlySet<string> = new Set([
  'nonce_pkey',
  'idempotency_pkey',
  'case_row_pkey',
  'external_id_pkey',
])

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
  const outcomes: (Outcome<AcceptResult> | undefined)[] = acceptances.map(() => undefined)
  for (let lost = 0; ; ) {
    const rest = [...acceptances.entries()].filter(([index]) => outcomes[index] === undefined)
    if (rest.length === 0) return outcomes as Outcome<AcceptResult>[]
    try {
      const results = await acceptRound(
        database,
        channel,
        rest.map(([, acceptance]) => acceptance),
      )
      for (const [place, [index]] of rest.entries()) {
        const value = results[place]
        if (value !== undefined) outcomes[index] = { value }
      }
    } catch (error) {
      if (error instanceof StoreError) throw error
      if (RACED.has(brokenKey(error) ?? '') && lost < MOST_ROUNDS) lost += 1
      else if (rest.length === 1) outcomes[(rest[0] as [number, Acceptance])[0]] = { error }
      else {
        // One of them is broken; alone, it fails alone.
        for (const [index, acceptance] of rest)
          [outcomes[index]] = await messageAcceptGroup(database, channel, [acceptance])
      }
    }
  }
}

/**
 * A result for everything that can be decided at once; undefined for what shares a key, case or id with one before it
 * that is written now: it comes next round, and finds that one.
 */
function acceptRound(
  database: Database,
  channel: string,
  acceptances: readonly Acceptance[],
): Promise<readonly (AcceptResult | undefined)[]> {
  return database.transaction(async (transaction) => {
    const asked = questions(acceptances)
    const rows = await transaction.send(...Object.values(asked))
    const known = knownOf(Object.fromEntries(Object.keys(asked).map((name, index) => [name, rows[index]])))
    const chosen: Acceptance[] = []
    const touched = new Set<string>()
    const results = acceptances.map((acceptance): AcceptResult | undefined => {
      const { nonce } = acceptance
      if (nonce !== undefined && known.nonces.get(nonceName(nonce)) === true) return { outcome: 'nonce-used' }
      const repeated = known.answers.get(keyOf(acceptance.idempotency))
      if (repeated !== undefined) return { outcome: 'repeated', ...repeated }
      const touches = touchedBy(acceptance)
      if (touches.some((name) => touched.has(name))) return undefined
      const on = conflictOf(known, acceptance)
      if (on !== undefined) return { outcome: 'conflict', on }
      for (const name of touches) touched.add(name)
      chosen.push(acceptance)
      return { outcome: 'accepted' }
    })
    if (chosen.length > 0) {
      const isThere: AlreadyThere = {
        externalId: (externalId) => known.holders.has(holderKey(externalId)),
        nonce: (use) => known.nonces.has(nonceName(use)),
      }
      await transaction.commit(...messageWrite(chosen, isThere, channel))
    }
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
  /** By name: whether it is used; false where it has expired. */
  readonly nonces: ReadonlyMap<string, boolean>
}

/** `limit` in a lateral query keeps the planner from reading the whole table instead. */
export const selectAnswers = `
  select given.system, given.key, kept.body_digest, kept.answer
  from json_to_recordset($1) as given (system text, key text)
  cross join lateral (
    select body_digest, answer from idempotency
    where idempotency.system = given.system and idempotency.key = given.key limit 1
  ) as kept`

export const selectHolders = `
  select given.system, given.value, kept.case_no
  from json_to_recordset($1) as given (system text, value text)
  cross join lateral (
    select case_no from external_id
    where external_id.system = given.system and external_id.value = given.value limit 1
  ) as kept`

type Question = 'cases' | 'answers' | 'holders' | 'nonces'

function questions(acceptances: readonly Acceptance[]): Partial<Record<Question, Statement>> {
  const keys = acceptances.map(({ idempotency: { system, key } }) => ({ system, key }))
  const externalIds = acceptances.flatMap((acceptance) => acceptance.externalIds)
  const nonces = acceptances.flatMap(({ nonce }) => (nonce === undefined ? [] : [nonce]))
  return {
    cases: caseLock(acceptances.map(({ case: { caseNo } }) => caseNo)),
    answers: { sql: selectAnswers, values: [rowsOf(keys)] },
    ...(externalIds.length === 0 ? {} : { holders: { sql: selectHolders, values: [rowsOf(externalIds)] } }),
    ...(nonces.length === 0 ? {} : { nonces: nonceQuestion(nonces) }),
  }
}

function knownOf({
  cases = [],
  answers = [],
  holders = [],
  nonces = [],
}: Partial<Record<Question, readonly Row[] | undefined>>): Known {
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
    nonces: new Map(
      nonces.map((row) => [
        nonceName({ keyId: row.key_id as string, nonce: row.nonce as string }),
        row.used as boolean,
      ]),
    ),
  }
}

function conflictOf(known: Known, { case: row, externalIds }: Acceptance) {
  const before = known.versions.get(storedText(row.caseNo))
  if (row.version === 1 && before !== undefined) return 'case-number'
  if (row.version !== (before ?? 0) + 1) return 'version'
  const taken = externalIds.some((externalId) => {
    const holder = known.holders.get(holderKey(externalId))
    return holder !== undefined && holder !== storedText(row.caseNo)
  })
  return taken ? 'external-id' : undefined
}

function touchedBy({
  idempotency,
  nonce,
  message,
  case: row,
  externalIds,
  deliveries,
}: Acceptance): string[] {
  return [
    ...(nonce === undefined ? [] : [`nonce ${nonceName(nonce)}`]),
    `key ${keyOf(idempotency)}`,
    `case ${storedText(row.caseNo)}`,
    `message ${message.id}`,
    ...externalIds.map((externalId) => `external id ${holderKey(externalId)}`),
    ...deliveries.map(({ id }) => `delivery ${id}`),
  ]
}

/** JSON keeps ('a', 'b:c') apart from ('a:b', 'c'). */
function keyOf({ system, key }: { readonly system: string; readonly key: string }): string {
  return JSON.stringify([storedText(system), storedText(key)])
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
