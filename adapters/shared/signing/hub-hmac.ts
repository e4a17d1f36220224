/**
 * The hub's own request signature, outbound (docs/signing.md). Written from the specification and not shared with
 * the hub's verifier: the worked examples in docs/signing.md hold both to the same bytes.
 */
import { createHash, createHmac } from 'node:crypto'
import type { LinkServices } from '../../../hub/contract/adapter.ts'
import type { SignableRequest, Signer } from './signer.ts'

export interface HubHmacConfig {
  readonly scheme: 'hub-hmac'
  readonly keyId: string
  readonly algorithm: 'hmac-sm3' | 'hmac-sha256'
  /** Name of the secret. */
  readonly secret: string
}

const digests = { 'hmac-sm3': 'sm3', 'hmac-sha256': 'sha256' } as const

/** A nonce is 16 random bytes, so that two requests never share one. */
export function hubHmac(
  config: HubHmacConfig,
  services: Pick<LinkServices, 'clock' | 'randomBytes' | 'secret'>,
): Signer {
  const digest = digests[config.algorithm]
  const secret = services.secret(config.secret)
  const headersOf = (request: SignableRequest): Record<string, string> => {
    const timestamp = String(Math.floor(services.clock.now() / 1000))
    const nonce = Buffer.from(services.randomBytes(16)).toString('base64url')
    const bodyDigest = createHash(digest).update(request.body).digest('hex')
    const text = [
      request.method,
      request.path,
      canonicalQuery(request.query),
      bodyDigest,
      timestamp,
      nonce,
    ].join('\n')
    return {
      'x-hub-key': config.keyId,
      'x-hub-timestamp': timestamp,
      'x-hub-nonce': nonce,
      'x-hub-digest': bodyDigest,
      'x-hub-signature': createHmac(digest, secret).update(text).digest('hex'),
    }
  }
  return { sign: (request) => ({ headers: headersOf(request) }) }
}

/** Pairs decoded (`+` is a space), encoded again by RFC 3986 §2.3, sorted by name, then value. */
function canonicalQuery(query: string): string {
  const pairs = query
    .split('&')
    .filter((piece) => piece !== '')
    .map((piece) => {
      const equals = piece.indexOf('=')
      return equals < 0 ? [piece, ''] : [piece.slice(0, equals), piece.slice(equals + 1)]
    })
    .map((pair) => pair.map((part) => encode(decodeURIComponent(part.replaceAll('+', ' ')))))
  return pairs
    .sort(([nameA = '', valueA = ''], [nameB = '', valueB = '']) =>
      nameA === nameB ? order(valueA, valueB) : order(nameA, nameB),
    )
    .map((pair) => pair.join('='))
    .join('&')
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
