import type { NonceUse } from '../../contract/store.ts'
import type { Statement } from './connection.ts'
import type { Database } from './database.ts'
import { rowsOf, storedText } from './rows-of.ts'

/** Sorted, as everything that a unique key locks. The time of the request decides whether the nonce has expired. */
const remember = `
  with given as materialized (
    select * from json_to_recordset($1) as given (
      n integer, key_id text, nonce text, expires_at_ms bigint, now_ms bigint)
  ), remembered as (
    insert into nonce (key_id, nonce, expires_at_ms)
    select key_id, nonce, expires_at_ms from given order by key_id, nonce
    on conflict (key_id, nonce) do update set expires_at_ms = excluded.expires_at_ms
      where nonce.expires_at_ms <= (
        select now_ms from given where given.key_id = excluded.key_id and given.nonce = excluded.nonce)
    returning key_id, nonce
  )
  select n from remembered join given on given.key_id = remembered.key_id and given.nonce = remembered.nonce`

/** Some more than are added, so that the table shrinks back after a burst; others may be erasing at the same time. */
const eraseExpired = `
  delete from nonce where ctid = any(array(
    select ctid from nonce where expires_at_ms <= $1 order by expires_at_ms limit $2 for update skip locked))`
const ERASED_PER_REQUEST = 20

/** Those of the given that are remembered, and whether they have not expired. */
export const selectNonces = `
  select given.key_id, given.nonce, kept.expires_at_ms > given.now_ms as used
  from json_to_recordset($1) as given (key_id text, nonce text, now_ms bigint)
  cross join lateral (
    select expires_at_ms from nonce
    where nonce.key_id = given.key_id and nonce.nonce = given.nonce limit 1
  ) as kept`

const forget = `
  delete from nonce using json_to_recordset($1) as given (key_id text, nonce text, now_ms bigint)
  where nonce.key_id = given.key_id and nonce.nonce = given.nonce and nonce.expires_at_ms <= given.now_ms`

const insert = `
  insert into nonce (key_id, nonce, expires_at_ms)
  select key_id, nonce, expires_at_ms
  from json_to_recordset($1) as given (key_id text, nonce text, expires_at_ms bigint)
  order by key_id, nonce`

export function nonceQuestion(uses: readonly NonceUse[]): Statement {
  return { sql: selectNonces, values: [rowsOf(uses.map(rowOf))] }
}

/**
 * Remembers nonces that are all different, none of them used: what another transaction uses up meanwhile breaks the
 * unique key `nonce_pkey`. @param isKnown remembered, and expired
 */
export function nonceWrite(uses: readonly NonceUse[], isKnown: (use: NonceUse) => boolean): Statement[] {
  if (uses.length === 0) return []
  const expired = uses.filter(isKnown).map(rowOf)
  const rows = uses.map(rowOf)
  const nowMs = Math.min(...rows.map((row) => row.now_ms))
  return [
    ...(expired.length === 0 ? [] : [{ sql: forget, values: [rowsOf(expired)] }]),
    { sql: insert, values: [rowsOf(rows)] },
    { sql: eraseExpired, values: [nowMs, ERASED_PER_REQUEST * uses.length] },
  ]
}

export function nonceName({ keyId, nonce }: Pick<NonceUse, 'keyId' | 'nonce'>): string {
  return JSON.stringify([storedText(keyId), storedText(nonce)])
}

function rowOf({ keyId, nonce, expiresAtMs, nowMs }: NonceUse) {
  return { key_id: keyId, nonce, expires_at_ms: Math.ceil(expiresAtMs), now_ms: Math.floor(nowMs) }
}

/**
 * True per request where its nonce was not remembered. A nonce is forgotten when it expires; from then on the
 * signature's timestamp alone refuses a repetition.
 */
export async function nonceRememberGroup(
  database: Database,
  requests: readonly NonceUse[],
): Promise<readonly boolean[]> {
  const answers = requests.map(() => false)
  for (let rest = [...requests.entries()]; rest.length > 0; ) {
    const firsts = new Map<string, [number, NonceUse]>()
    for (const entry of rest) {
      if (!firsts.has(nonceName(entry[1]))) firsts.set(nonceName(entry[1]), entry)
    }
    for (const index of await rememberOnce(database, [...firsts.values()])) answers[index] = true
    // One statement cannot write a row twice: what comes again in the same group, and so late that the first may have
    // expired, is asked about afterwards.
    rest = rest.filter(([index, request]) => {
      const [firstIndex, first] = firsts.get(nonceName(request)) as [number, NonceUse]
      if (index === firstIndex) return false
      return answers[firstIndex] ? request.nowMs >= first.expiresAtMs : request.nowMs > first.nowMs
    })
  }
  return answers
}

/** The indexes of those whose nonce was new. */
async function rememberOnce(
  database: Database,
  entries: readonly (readonly [number, NonceUse])[],
): Promise<readonly number[]> {
  const given = entries.map(([n, use]) => ({ n, ...rowOf(use) }))
  const nowMs = Math.min(...given.map((row) => row.now_ms))
  const [rows = []] = await database.write(
    { sql: remember, values: [rowsOf(given)] },
    { sql: eraseExpired, values: [nowMs, ERASED_PER_REQUEST * entries.length] },
  )
  return rows.map((row) => row.n as number)
}
