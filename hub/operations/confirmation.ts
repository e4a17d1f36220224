/**
 * The second half of an act on many deliveries. The dry run answers a token; the act takes the token back and is refused
 * unless it is of the same account, act, filter and deliveries. Nothing is kept: the token proves itself, on every node.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Topology } from '../config/topology.ts'
import { beijingTime, type Clock } from '../contract/clock.ts'
import { IntakeError } from '../contract/errors.ts'

/** What is confirmed. */
export interface Intent {
  readonly operator: string
  /** `replay`, `repair` … */
  readonly act: string
  /** The request, without the token: JSON data. */
  readonly request: unknown
  /** What the dry run found. */
  readonly deliveryIds: readonly string[]
}

export interface Confirmation {
  /** Send it back as `confirm`, with the same request. */
  readonly confirm: string
  /** Beijing time after which the dry run has to be done again. */
  readonly confirmBefore: string
}

export interface Confirmations {
  issue(intent: Intent): Confirmation
  /** @throws IntakeError OPERATION_UNCONFIRMED where the token does not fit; says which dry run is needed */
  check(token: string, intent: Intent): void
}

const LIFE_MS = 10 * 60_000

/** Made from what all nodes of a deployment know and no single account does, unless there is only one. */
export function confirmationKey(
  topology: Pick<Topology, 'operators'>,
  secret: (name: string) => string,
): Uint8Array {
  const digest = createHash('sm3').update('hub confirmation\n')
  for (const { keys } of topology.operators.values())
    for (const key of keys) digest.update(`${secret(key.secret)}\n`)
  return digest.digest()
}

export function makeConfirmations(key: Uint8Array, clock: Pick<Clock, 'now'>): Confirmations {
  const seal = (expiresAtMs: number, { operator, act, request, deliveryIds }: Intent): Buffer =>
    createHmac('sm3', key)
      .update(JSON.stringify([expiresAtMs, operator, act, request, [...deliveryIds].sort()]))
      .digest()
  return {
    issue(intent) {
      const expiresAtMs = clock.now() + LIFE_MS
      return {
        confirm: `${expiresAtMs.toString(36)}.${seal(expiresAtMs, intent).toString('base64url')}`,
        confirmBefore: beijingTime(expiresAtMs),
      }
    },
    check(token, intent) {
      const [, expiry = '', sealed = ''] = /^([0-9a-z]{1,11})\.([\w-]{43})$/.exec(token) ?? []
      const expiresAtMs = Number.parseInt(expiry, 36)
      const given = Buffer.from(sealed, 'base64url')
      const expected = seal(expiresAtMs, intent)
      if (given.length !== expected.length || !timingSafeEqual(given, expected))
        throw unconfirmed(
          'The token is of another request, or the deliveries it found have changed since.',
          intent,
        )
      if (clock.now() > expiresAtMs) throw unconfirmed('The token is too old.', intent)
    },
  }
}

function unconfirmed(why: string, { deliveryIds }: Intent): IntakeError {
  return new IntakeError(
    'OPERATION_UNCONFIRMED',
    `${why} Nothing was done. Do the dry run again ("dryRun": true) and send its token with the same request.`,
    { details: { nowFound: deliveryIds.length } },
  )
}
