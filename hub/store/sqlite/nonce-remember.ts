import type { NonceUse } from '../../contract/store.ts'
import type { Connection } from './connection.ts'

/** Expired nonces erased per call: more than the one that is added, so the table shrinks back after a burst. */
const ERASED_PER_CALL = 20

/** A nonce is forgotten at `expiresAtMs`; from then on the signature's timestamp alone refuses a repetition. */
export function nonceRemember(connection: Connection, use: NonceUse): boolean {
  if (nonceIsUsed(connection, use)) return false
  nonceUseUp(connection, use)
  return true
}

export function nonceIsUsed(connection: Connection, { keyId, nonce, nowMs }: NonceUse): boolean {
  const used = connection.one(
    'select 1 from nonce where key_id = ? and nonce = ? and expires_at_ms > ?',
    keyId,
    nonce,
    nowMs,
  )
  return used !== undefined
}

/** Of a nonce that is not used, in the same transaction. */
export function nonceUseUp(connection: Connection, { keyId, nonce, expiresAtMs, nowMs }: NonceUse): void {
  connection.run(
    `insert into nonce values (?, ?, ?)
     on conflict (key_id, nonce) do update set expires_at_ms = excluded.expires_at_ms`,
    keyId,
    nonce,
    expiresAtMs,
  )
  // Mostly nothing has expired, and to look costs a tenth of what the erasing statement does with nothing to erase.
  const oldest = connection.one('select 1 from nonce where expires_at_ms <= ? limit 1', nowMs)
  if (oldest === undefined) return
  connection.run(
    `delete from nonce where (key_id, nonce) in (
       select key_id, nonce from nonce where expires_at_ms <= ? order by expires_at_ms limit ?)`,
    nowMs,
    ERASED_PER_CALL,
  )
}
