/** How a partner signs what it sends to the hub: written from docs/signing.md, shared with nobody. */
import { createHash, createHmac } from 'node:crypto'

export interface Key {
  readonly id: string
  readonly algorithm: 'hmac-sm3' | 'hmac-sha256'
  readonly secret: string
}

export interface Unsigned {
  /** Upper case. */
  readonly method: string
  /** As on the request line, without the query. */
  readonly path: string
  /** As on the request line, without `?`. */
  readonly query: string
  readonly body: Uint8Array
}

/** @param nonce fresh for every request; 16 random bytes in base64url serve. */
export function signedHeaders(
  request: Unsigned,
  key: Key,
  nowMs: number,
  nonce: string,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000))
  const digest = createHash(hashOf(key)).update(request.body).digest('hex')
  return {
    'x-hub-key': key.id,
    'x-hub-timestamp': timestamp,
    'x-hub-nonce': nonce,
    'x-hub-digest': digest,
    'x-hub-signature': signatureOf(request, key, { timestamp, nonce, digest }),
  }
}

/** HMAC over method, path, sorted query, body digest, timestamp and nonce, joined by line feeds; lower-case hex. */
export function signatureOf(
  { method, path, query }: Omit<Unsigned, 'body'>,
  key: Key,
  {
    timestamp,
    nonce,
    digest,
  }: { readonly timestamp: string; readonly nonce: string; readonly digest: string },
): string {
  const text = [method, path, sortedQuery(query), digest, timestamp, nonce].join('\n')
  return createHmac(hashOf(key), key.secret).update(text).digest('hex')
}

export function hashOf({ algorithm }: Pick<Key, 'algorithm'>): 'sm3' | 'sha256' {
  return algorithm === 'hmac-sm3' ? 'sm3' : 'sha256'
}

/** Names and values decoded, encoded afresh with RFC 3986's unreserved characters left alone, sorted by name then value. */
function sortedQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)].map(([name, value]): [string, string] => [
    encoded(name),
    encoded(value),
  ])
  pairs.sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
