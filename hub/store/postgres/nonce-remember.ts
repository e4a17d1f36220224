import type { Store } from '../../contract/store.ts'
import type { Database } from './database.ts'
import { rowsOf, storedText } from './rows-of.ts'

type Request = Parameters<Store['nonceRemember']>[0]

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

/**
 * True per request where its nonce was not remembered. A nonce is forgotten when it expires; from then on the
 * signature's timestamp alone refuses a repetition.
 */
export async function nonceRememberGroup(
  database: Database,
  requests: readonly Request[],
): Promise<readonly boolean[]> {
  const answers = requests.map(() => false)
  for (let rest = [...requests.entries()]; rest.length > 0; ) {
    const firsts = new Map<string, [number, Request]>()
    for (const entry of rest) {
      if (!firsts.has(keyOf(entry[1]))) firsts.set(keyOf(entry[1]), entry)
    }
    for (const index of await rememberOnce(database, [...firsts.values()])) answers[index] = true
    // One statement cannot write a row twice: what comes again in the same group, and so late that the first may have
    // expired, is asked about afterwards.
    rest = rest.filter(([index, request]) => {
      const [firstIndex, first] = firsts.get(keyOf(request)) as [number, Request]
      if (index === firstIndex) return false
      return answers[firstIndex] ? request.nowMs >= first.expiresAtMs : request.nowMs > first.nowMs
    })
  }
  return answers
}

function keyOf({ keyId, nonce }: Request): string {
  return JSON.stringify([storedText(keyId), storedText(nonce)])
}

/** The indexes of those whose nonce was new. */
async function rememberOnce(
  database: Database,
  entries: readonly (readonly [number, Request])[],
): Promise<readonly number[]> {
  const given = entries.map(([n, { keyId, nonce, expiresAtMs, nowMs }]) => ({
    n,
    key_id: keyId,
    nonce,
    expires_at_ms: Math.ceil(expiresAtMs),
    now_ms: Math.floor(nowMs),
  }))
  const nowMs = Math.min(...given.map((row) => row.now_ms))
  const [rows = []] = await database.write(
    { sql: remember, values: [rowsOf(given)] },
    { sql: eraseExpired, values: [nowMs, ERASED_PER_REQUEST * entries.length] },
  )
  return rows.map((row) => row.n as number)
}
