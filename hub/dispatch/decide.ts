/**
 * What becomes of a delivery after an attempt: a pure function of the outcome, what came before, and the destination's
 * policy. Everything around it (loop, leases, links) is kept boring on purpose.
 */

import type { OutboundSettings } from '../config/topology.ts'
import type { RejectionKind } from '../contract/errors.ts'
import type { DeliveryReason, Settlement } from '../contract/store.ts'

/** How one attempt ended. Same words as the `outcome` of a stored attempt. */
export type Outcome =
  | { readonly kind: 'receipt'; readonly reference: string | undefined; readonly duplicate: boolean }
  | { readonly kind: 'retry-later'; readonly words: string; readonly afterMs: number | undefined }
  | { readonly kind: 'rejected'; readonly rejection: RejectionKind; readonly words: string }
  | { readonly kind: 'link-lost'; readonly words: string }
  | { readonly kind: 'outcome-unknown'; readonly words: string }
  /** Our own mapping could not make the receiver's document; nothing was sent. */
  | { readonly kind: 'unmappable'; readonly words: string }
  /** No attempt was made, for an earlier owner may have made one, and nobody can tell. */
  | { readonly kind: 'maybe-sent'; readonly words: string }

export interface Before {
  /** Attempts of this delivery that counted, this one not included. */
  readonly attempts: number
  /** Times in a row that the destination's link was lost, this one not included. */
  readonly lost: number
  /**
   * An earlier owner may have sent it, the receiver cannot tell repeats, and this attempt has not found out: to give it up
   * is not to know that it did not arrive.
   */
  readonly maybeSent: boolean
}

export type Policy = Pick<OutboundSettings, 'dedupes' | 'retry'>

export type Decision = Pick<Settlement, 'state' | 'counts' | 'dueAtMs' | 'reference' | 'reason' | 'maybeSent'>

/** A receiver may ask for patience, but not for so much that nobody would notice. */
const LONGEST_ASKED_WAIT_MS = 24 * 3_600_000

/**
 * Milliseconds to wait after the n-th failure (n from 0): grows by `factor`, capped at `maxMs`, spread by ± half of
 * `jitter` so that what failed together does not come back together.
 * @param random in [0, 1)
 */
export function backoffMs(failures: number, retry: Policy['retry'], random: number): number {
  const wait = Math.min(retry.maxMs, retry.firstMs * retry.factor ** failures)
  return Math.round(wait * (1 + retry.jitter * (random - 0.5)))
}

/** @param random in [0, 1) */
export function decide(
  outcome: Outcome,
  before: Before,
  policy: Policy,
  nowMs: number,
  random: number,
): Decision {
  const settled = (decision: Partial<Decision> & Pick<Decision, 'state'>): Decision => ({
    counts: true,
    dueAtMs: nowMs,
    reference: undefined,
    reason: undefined,
    maybeSent: before.maybeSent && decision.state === 'waiting',
    ...decision,
  })
  const unknown = (words: string, counts: boolean): Decision =>
    settled({
      state: 'unknown',
      counts,
      reason: {
        code: 'DELIVERY_OUTCOME_UNKNOWN',
        words: `${words} The receiver may have taken it and cannot tell repeats. Next: ask the partner whether it has the case, then mark it delivered or replay.`,
        owner: 'operator',
      },
    })
  const again = (code: string, words: string, waitMs: number): Decision => {
    const tried = before.attempts + 1
    if (tried >= policy.retry.attempts && before.maybeSent) return unknown(words, true)
    if (tried >= policy.retry.attempts) {
      return settled({
        state: 'dead',
        reason: {
          code: 'DELIVERY_GIVEN_UP',
          words: `Gave up after ${tried} attempts. Last: ${words} Next: ask the partner, then replay.`,
          owner: 'partner',
        },
      })
    }
    return settled({ state: 'waiting', dueAtMs: nowMs + waitMs, reason: { code, words, owner: 'partner' } })
  }

  switch (outcome.kind) {
    case 'receipt':
      return settled({ state: 'delivered', reference: outcome.reference })
    case 'retry-later': {
      const own = backoffMs(before.attempts, policy.retry, random)
      // Never sooner than asked; jitter goes on top so that a whole backlog does not return in the same second.
      const waitMs =
        outcome.afterMs === undefined
          ? own
          : Math.min(LONGEST_ASKED_WAIT_MS, Math.max(0, outcome.afterMs)) +
            Math.round(policy.retry.firstMs * policy.retry.jitter * random)
      return again('DELIVERY_RETRY_LATER', outcome.words, waitMs)
    }
    case 'link-lost':
      return settled({
        state: 'waiting',
        counts: false,
        dueAtMs: nowMs + backoffMs(before.lost, policy.retry, random),
        reason: { code: 'DELIVERY_LINK_LOST', words: outcome.words, owner: 'partner' },
      })
    case 'rejected':
      return settled({ state: 'dead', reason: rejection(outcome.rejection, outcome.words) })
    case 'maybe-sent':
      return unknown(outcome.words, false)
    case 'unmappable':
      if (before.maybeSent) return unknown(outcome.words, false)
      return settled({
        state: 'dead',
        counts: false,
        reason: {
          code: 'DELIVERY_UNMAPPABLE',
          words: `${outcome.words} Next: mend the format package, then replay.`,
          owner: 'integrator',
        },
      })
    case 'outcome-unknown':
      if (policy.dedupes)
        return again(
          'DELIVERY_OUTCOME_UNKNOWN',
          outcome.words,
          backoffMs(before.attempts, policy.retry, random),
        )
      return unknown(outcome.words, true)
  }
}

function rejection(kind: RejectionKind, words: string): DeliveryReason {
  return kind === 'credential'
    ? {
        code: 'DELIVERY_CREDENTIAL',
        words: `${words} Next: check the key and the access right, then replay.`,
        owner: 'operator',
      }
    : {
        code: 'DELIVERY_CONTRACT',
        words: `${words} Next: compare what was sent with the partner's interface, mend the mapping, then replay.`,
        owner: 'integrator',
      }
}
