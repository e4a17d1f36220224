/**
 * The hub's own request signature (docs/signing.md is the same text for partners, with worked examples).
 *
 * A request carries `x-hub-key` (public id of the key), `x-hub-timestamp` (Unix seconds), `x-hub-nonce` (16–64 of
 * `A–Z a–z 0–9 _ -`, never used before with this key), `x-hub-signature`, and may carry `x-hub-digest`.
 *
 *     digest    = lower-case hex of SM3 or SHA-256 over the body as sent; of no bytes where there is no body
 *     text      = method \n path \n query \n digest \n timestamp \n nonce        (UTF-8, LF, none at the end)
 *     signature = lower-case hex of HMAC-SM3 or HMAC-SHA256 (secret, text)
 *
 * Which hash belongs to the key, not to the request, so that nobody can ask for a weaker one. `method` is upper case.
 * `path` stands as on the request line, before `?`, percent-encoding untouched. `query` is canonical: split at `&`,
 * empty pieces dropped, name and value split at the first `=`, `+` read as a space, percent-decoded as UTF-8, encoded
 * again by RFC 3986 (everything but `A–Z a–z 0–9 - . _ ~` as `%XX`, upper-case hex), sorted by encoded name, then by
 * encoded value, byte by byte, joined as `name=value` with `&`. HMAC: RFC 2104; SM3: GB/T 32905-2016.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { IntakeError } from '../contract/errors.ts'
import type { NonceUse } from '../contract/store.ts'

export const SIGNING_ALGORITHMS = ['hmac-sm3', 'hmac-sha256'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

export interface SignedParts {
  readonly method: string
  /** As on the request line, without query. */
  readonly path: string
  /** As on the request line, without `?`; empty where there is none. */
  readonly query: string
  /** Lower-case hex digest of the body. */
  readonly digest: string
  /** Unix seconds, decimal. */
  readonly timestamp: string
  readonly nonce: string
}

export interface SignableRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly body: Uint8Array
}

export interface ReceivedRequest extends Omit<SignableRequest, 'body'> {
  /**
   * Undefined where it is still to come: then `x-hub-digest` has to be there and stands for it, and whoever reads the body
   * compares it before anything is done with what was read.
   */
  readonly body: Uint8Array | undefined
  /** By lower-case name. A header that came twice is not accepted. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

export interface SigningKey {
  readonly algorithm: SigningAlgorithm
  readonly secret: string
}

export interface KnownKey extends SigningKey {
  /** Id of the system, or of the operator's account, that the key belongs to. */
  readonly system: string
}

export interface Verification {
  readonly keys: ReadonlyMap<string, KnownKey>
  readonly nowMs: number
  /** How far the sender's clock may be from ours, either way; 300 unless given. */
  readonly windowSeconds?: number
}

export interface Signed {
  readonly systemId: string
  readonly keyId: string
  /** Not used up yet: whoever lets the request do something has to (nonce-guard.ts). */
  readonly nonce: NonceUse
}

const hashes = { 'hmac-sm3': 'sm3', 'hmac-sha256': 'sha256' } as const satisfies Record<
  SigningAlgorithm,
  string
>

/** The text under the HMAC. Throws `URIError` where the query is not percent-encoded UTF-8. */
export function signingText(parts: SignedParts): string {
  return [
    parts.method,
    parts.path,
    canonicalQuery(parts.query),
    parts.digest,
    parts.timestamp,
    parts.nonce,
  ].join('\n')
}

/** Lower-case hex digest of a body, by the hash of the key's algorithm. */
export function bodyDigest(algorithm: SigningAlgorithm, body: Uint8Array): string {
  return createHash(hashes[algorithm]).update(body).digest('hex')
}

/**
 * The headers that sign a request. The nonce must be new for every request; 16 random bytes in base64url do.
 *
 *     signRequest({ method: 'POST', path: '/v1/messages', query: '', body }, key, { timestampSeconds, nonce })
 */
export function signRequest(
  request: SignableRequest,
  key: SigningKey & { readonly keyId: string },
  { timestampSeconds, nonce }: { readonly timestampSeconds: number; readonly nonce: string },
): Readonly<Record<string, string>> {
  const digest = bodyDigest(key.algorithm, request.body)
  const timestamp = String(timestampSeconds)
  const text = signingText({ ...request, digest, timestamp, nonce })
  return {
    'x-hub-key': key.keyId,
    'x-hub-timestamp': timestamp,
    'x-hub-nonce': nonce,
    'x-hub-digest': digest,
    'x-hub-signature': hmac(key, text).toString('hex'),
  }
}

/**
 * Who sent a request. Throws `IntakeError('AUTH_FAILED')`, always with the same words; why stands in `details.cause`
 * and is for the hub's own log only. A request with an unknown key costs the same work as one with a known key, so
 * that key ids cannot be found by asking. Only who holds the secret gets as far as a nonce to use up, which expires when
 * its timestamp has left the window.
 */
export function authenticate(request: ReceivedRequest, verification: Verification): Signed {
  const { nowMs, windowSeconds = 300 } = verification
  const faults: string[] = []
  const header = (name: string, pattern: RegExp, standIn: string): string => {
    const value = request.headers[name]
    if (typeof value === 'string' && pattern.test(value)) return value
    faults.push(`${name} ${value === undefined ? 'missing' : 'malformed'}`)
    return standIn
  }

  const keyId = header('x-hub-key', /^[A-Za-z0-9._-]{1,80}$/, '-')
  const timestamp = header('x-hub-timestamp', /^\d{1,12}$/, '0')
  const nonce = header('x-hub-nonce', /^[A-Za-z0-9_-]{16,64}$/, '0000000000000000')
  const signature = header('x-hub-signature', /^[0-9a-fA-F]{64}$/, '0'.repeat(64))

  const known = verification.keys.get(keyId)
  if (known === undefined) faults.push('key unknown')
  const key = known ?? standInKey(keyId)

  const digest =
    request.body === undefined
      ? header('x-hub-digest', /^[0-9a-fA-F]{64}$/, '0'.repeat(64)).toLowerCase()
      : bodyDigest(key.algorithm, request.body)
  const declared = request.headers['x-hub-digest']
  if (declared !== undefined && !sameHex(declared, digest)) faults.push('digest differs from the body')

  const expected = hmac(key, textOf({ ...request, digest, timestamp, nonce }, faults))
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) faults.push('signature differs')

  const skewSeconds = Math.abs(nowMs / 1000 - Number(timestamp))
  if (skewSeconds > windowSeconds) faults.push(`timestamp ${Math.round(skewSeconds)} s away`)

  if (known === undefined || faults.length > 0) throw authFailed(faults.join('; '))

  const expiresAtMs = (Number(timestamp) + windowSeconds) * 1000 + 1
  return { systemId: known.system, keyId, nonce: { keyId, nonce, expiresAtMs, nowMs } }
}

/** @param cause for the hub's own log only */
export function authFailed(cause: string): IntakeError {
  return new IntakeError('AUTH_FAILED', 'Authentication failed', { details: { cause } })
}

/** Either algorithm, but always the same one for one key id: its time must not tell it from a real key either. */
function standInKey(keyId: string): SigningKey {
  let sum = 0
  for (const character of keyId) sum += character.charCodeAt(0)
  return { algorithm: SIGNING_ALGORITHMS[sum % 2] as SigningAlgorithm, secret: 'a secret that no system has' }
}

function hmac(key: SigningKey, text: string): Buffer {
  return createHmac(hashes[key.algorithm], key.secret).update(text).digest()
}

function textOf(parts: SignedParts, faults: string[]): string {
  try {
    return signingText(parts)
  } catch (error) {
    if (!(error instanceof URIError)) throw error
    faults.push('query not percent-encoded UTF-8')
    return signingText({ ...parts, query: '' })
  }
}

function sameHex(declared: string | readonly string[], digest: string): boolean {
  return typeof declared === 'string' && declared.toLowerCase() === digest
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((piece) => piece !== '')
    .map((piece) => {
      const [name = '', value = ''] = piece.split(/=(.*)/s)
      return { name: recode(name), value: recode(value) }
    })
    .sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value))
    .map(({ name, value }) => `${name}=${value}`)
    .join('&')
}

/** Forms write a space as `+`, and readers of forms read it so: both spellings must sign alike. */
function recode(text: string): string {
  return encodeURIComponent(decodeURIComponent(text.replaceAll('+', ' '))).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
