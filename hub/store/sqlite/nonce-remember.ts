import type { Store } from '../../contract/store.ts'
import type { Connection } from './connection.ts'

/** Expired nonces erased per call: more than the one that is added, so the table shrinks back after a burst. */
const ERASED_PER_CALL = 20

/** A nonce is forgotten at `expiresAtMs`; from then on the signature's timestamp alone refuses a repetition. */
export function nonceRemember(
  connection: Connection,
  request: Parameters<Store['nonceRemember']>[0],
): boolean {
  const { keyId, nonce, expiresAtMs, nowMs } = request
  const { changes } = connection.run(
    `insert into nonce values (?, ?, ?)
     on conflict (key_id, nonce) do update set expires_at_ms = excluded.expires_at_ms where expires_at_ms <= ?`,
    keyId,
    nonce,
    expiresAtMs,
    nowMs,
  )
  connection.run(
    `delete from nonce where (key_id, nonce) in (
       select key_id, nonce from nonce where expires_at_ms <= ? order by expires_at_ms limit ?)`,
    nowMs,
    ERASED_PER_CALL,
  )
  return changes === 1
}
