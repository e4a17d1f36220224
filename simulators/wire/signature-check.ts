/** How a partner makes sure that a request came from the hub: by the hub's own scheme, or by the national gateway's. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Signing } from '../deployment.ts'
import { hashOf, type Key, signatureOf } from './signer.ts'

export interface SignedRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Uint8Array
}

/** Answers what is wrong with the request, or undefined where it is genuine. */
export type SignatureCheck = (request: SignedRequest, nowMs: number) => string | undefined

/** A request older or newer than this is refused, as replays are. */
const WINDOW_MS = 300_000

/** Undefined where requests are not signed. */
export function checkOf(signing: Signing, secret: (name: string) => string): SignatureCheck | undefined {
  switch (signing.scheme) {
    case 'hub-hmac': {
      const { keyId, algorithm, secretName } = signing
      return hubHmacCheck({ id: keyId, algorithm, secret: secret(secretName) })
    }
    case 'national-gateway':
      return nationalGatewayCheck(signing.sid, secret(signing.secretName))
    default:
      return undefined
  }
}

/** docs/signing.md. A nonce is taken once. */
export function hubHmacCheck(key: Key): SignatureCheck {
  const seen = new Nonces()
  return (request, nowMs) => {
    const given = (name: string): string => text(request.headers[`x-hub-${name}`])
    if (given('key') !== key.id) return `key ${given('key') || '(none)'} is not ${key.id}`
    const timestamp = given('timestamp')
    if (Math.abs(Number(timestamp) * 1000 - nowMs) > WINDOW_MS || timestamp === '')
      return 'timestamp outside the window'
    const digest = createHash(hashOf(key)).update(request.body).digest('hex')
    if (!same(given('digest'), digest)) return 'digest does not fit the body'
    const nonce = given('nonce')
    if (!same(given('signature'), signatureOf(request, key, { timestamp, nonce, digest })))
      return 'signature does not fit'
    return seen.add(nonce, nowMs) ? undefined : 'nonce used before'
  }
}

/**
 * 数据直达规范 v0.55: `gjzwfwpt_sign = base64(HMAC-SHA256(sid + rid + rtime))`, rtime in milliseconds. The body is not
 * covered and the request id of a retry is the same, so a repeat within the window is genuine.
 */
export function nationalGatewayCheck(sid: string, secret: string): SignatureCheck {
  return ({ headers }, nowMs) => {
    if (text(headers.gjzwfwpt_sid) !== sid)
      return `sid ${text(headers.gjzwfwpt_sid) || '(none)'} is not ${sid}`
    const rtime = text(headers.gjzwfwpt_rtime)
    if (rtime === '' || !(Math.abs(Number(rtime) - nowMs) <= WINDOW_MS)) return 'rtime outside the window'
    const wanted = createHmac('sha256', secret)
      .update(`${sid}${text(headers.gjzwfwpt_rid)}${rtime}`)
      .digest('base64')
    return same(text(headers.gjzwfwpt_sign), wanted) ? undefined : 'sign does not fit'
  }
}

/** Forgets a nonce only after the window in which its request could be replayed. */
class Nonces {
  #current = new Set<string>()
  #former = new Set<string>()
  #turnedAtMs = 0

  add(nonce: string, nowMs: number): boolean {
    if (nowMs - this.#turnedAtMs > 2 * WINDOW_MS) {
      this.#former = this.#current
      this.#current = new Set()
      this.#turnedAtMs = nowMs
    }
    if (nonce === '' || this.#current.has(nonce) || this.#former.has(nonce)) return false
    this.#current.add(nonce)
    return true
  }
}

function text(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : ''
}

function same(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
