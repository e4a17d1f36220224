/**
 * One configured system looked at from here, before anybody's case depends on it: address, credentials, clocks, format. Nothing is
 * left at the partner: its link is probed, and documents are made and read but not sent.
 */

import type { OutboundSettings, System } from '../config/topology.ts'
import type { AdapterKind, Link } from '../contract/adapter.ts'
import type { Clock, RandomBytes } from '../contract/clock.ts'
import { ConfigError, DELIVERY_ERRORS, LinkLost, Rejected, RetryLater } from '../contract/errors.ts'
import type { Listener } from '../contract/listener.ts'
import type { FormatPackage } from '../mapping/format-package.ts'
import type { CaseResult } from '../mapping/run-cases.ts'

export interface Finding {
  readonly step: 'secrets' | 'address' | 'credentials' | 'clock' | 'listener' | 'format'
  readonly verdict: 'ok' | 'wrong' | 'not-known'
  readonly words: string
  /** What to do about it; where something is wrong. */
  readonly fix?: string
}

export interface SystemTestParts {
  readonly kinds: readonly AdapterKind[]
  readonly format: Pick<FormatPackage, 'id' | 'version' | 'readAnswer'> | undefined
  /** The package's own test cases, run. */
  readonly runCases: () => Promise<readonly CaseResult[]>
  readonly secret: (name: string) => string
  /** Names of the secrets that the system's file names. */
  readonly secretNames: readonly string[]
  /** State of the system's listeners at the running hub; undefined where none answers. */
  readonly listeners: () => Promise<readonly ListenerLine[] | undefined>
  readonly clock: Clock
  readonly randomBytes: RandomBytes
}

export interface ListenerLine extends Pick<ReturnType<Listener['status']>, 'state' | 'words'> {
  readonly kind: string
}

/** A signature with a time in it is refused beyond five minutes; half of that is worth a word. */
const SKEW_LIMIT_MS = 300_000
const SKEW_WORTH_TELLING_MS = 30_000

/** Never throws for what is wrong with the system. */
export async function testSystem(system: System, parts: SystemTestParts): Promise<readonly Finding[]> {
  const secrets = secretFindings(parts)
  const link =
    system.outbound === undefined
      ? [collected()]
      : secrets.some(({ verdict }) => verdict === 'wrong')
        ? [notTried('address', 'A secret is missing.')]
        : await linkFindings(system.outbound, parts)
  return [...secrets, ...link, ...(await listenerFindings(system, parts)), await formatFinding(system, parts)]
}

function secretFindings({ secret, secretNames }: SystemTestParts): Finding[] {
  const findings = secretNames.map((name): Finding => {
    try {
      secret(name)
      return { step: 'secrets', verdict: 'ok', words: `${name} is there.` }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      const [{ reason, remedy } = { reason: error.message, remedy: '' }] = error.faults
      return { step: 'secrets', verdict: 'wrong', words: reason, fix: remedy }
    }
  })
  return findings
}

function collected(): Finding {
  return {
    step: 'address',
    verdict: 'ok',
    words: 'It collects its messages from the inbox; nothing is called.',
  }
}

function notTried(step: Finding['step'], words: string): Finding {
  return { step, verdict: 'not-known', words: `Not tried. ${words}` }
}

async function linkFindings(settings: OutboundSettings, parts: SystemTestParts): Promise<Finding[]> {
  const { kinds, format, clock, randomBytes, secret } = parts
  const open = kinds.find(({ name }) => name === settings.adapter)?.open
  if (open === undefined || format === undefined)
    return [notTried('address', 'The configuration has faults; run hub check.')]
  let link: Link | undefined
  const limit = new AbortController()
  const timer = clock.after(settings.timeoutMs, () =>
    limit.abort(new Error(`no answer within ${settings.timeoutMs} ms`)),
  )
  try {
    const { readAnswer } = format
    link = await open(settings.config, { clock, randomBytes, secret, readAnswer, errors: DELIVERY_ERRORS })
    await link.probe(limit.signal)
    const there: Finding[] = [
      { step: 'address', verdict: 'ok', words: `The ${settings.adapter} endpoint answers.` },
      { step: 'credentials', verdict: 'ok', words: 'It did not refuse us.' },
    ]
    return [...there, clockFinding(await link.partnerClock?.(limit.signal), clock.now())]
  } catch (error) {
    return failureFindings(error)
  } finally {
    timer.cancel()
    await link?.close()
  }
}

function failureFindings(error: unknown): Finding[] {
  const words = error instanceof Error ? error.message : String(error)
  if (error instanceof ConfigError)
    return error.faults.map(({ path, reason, remedy }) => ({
      step: 'address',
      verdict: 'wrong',
      words: `${path}: ${reason}`,
      fix: remedy,
    }))
  if (error instanceof Rejected && error.kind === 'credential')
    return [
      { step: 'address', verdict: 'ok', words: 'The endpoint answers.' },
      {
        step: 'credentials',
        verdict: 'wrong',
        words,
        fix: 'Check the key, its secret, and the access that the partner has given us.',
      },
    ]
  if (error instanceof Rejected)
    return [
      {
        step: 'address',
        verdict: 'wrong',
        words,
        fix: 'Compare path, names and options with the partner’s interface.',
      },
    ]
  if (error instanceof RetryLater)
    return [
      {
        step: 'address',
        verdict: 'wrong',
        words,
        fix: 'It is there and takes nothing now; ask the partner, and try again.',
      },
    ]
  if (error instanceof LinkLost)
    return [
      {
        step: 'address',
        verdict: 'wrong',
        words,
        fix: 'Check host and port, the allow-list, and the firewall between us and the partner.',
      },
    ]
  return [
    {
      step: 'address',
      verdict: 'wrong',
      words,
      fix: 'An adapter should not end like this; tell its maintainer.',
    },
  ]
}

function clockFinding(partnerMs: number | undefined, nowMs: number): Finding {
  if (partnerMs === undefined)
    return { step: 'clock', verdict: 'not-known', words: 'The protocol does not tell what time it is there.' }
  const skewMs = partnerMs - nowMs
  const words = `The partner’s clock is ${Math.abs(skewMs / 1000).toFixed(1)} s ${skewMs < 0 ? 'behind' : 'ahead of'} ours.`
  if (Math.abs(skewMs) <= SKEW_WORTH_TELLING_MS) return { step: 'clock', verdict: 'ok', words }
  const beyond = Math.abs(skewMs) > SKEW_LIMIT_MS
  const fix = beyond
    ? 'Signatures are refused beyond 300 s: set both clocks by a time server.'
    : 'Still within 300 s, but it grows: set both clocks by a time server.'
  return { step: 'clock', verdict: 'wrong', words, fix }
}

async function listenerFindings({ inbound }: System, { listeners }: SystemTestParts): Promise<Finding[]> {
  if (inbound.length === 0) return []
  const lines = await listeners()
  if (lines === undefined)
    return [
      {
        step: 'listener',
        verdict: 'not-known',
        words: `${inbound.length} listener(s) configured; no running hub answers here.`,
        fix: 'Start the hub, and run this again with an operator’s key.',
      },
    ]
  return lines.map(({ kind, state, words = '' }): Finding => {
    if (state === 'open') return { step: 'listener', verdict: 'ok', words: `${kind} is open.` }
    const fix = 'The listener comes back by itself; check what it is connected to.'
    return { step: 'listener', verdict: 'wrong', words: `${kind} is ${state}. ${words}`.trim(), fix }
  })
}

async function formatFinding(
  { format: name }: System,
  { format, runCases }: SystemTestParts,
): Promise<Finding> {
  if (format === undefined)
    return { step: 'format', verdict: 'wrong', words: `${name} cannot be loaded.`, fix: 'Run hub check.' }
  const results = await runCases()
  const failed = results.filter(({ passed }) => !passed)
  const words = `${name} ${format.version}: ${results.length - failed.length} of ${results.length} cases come out as expected, read and written as on the wire.`
  if (failed.length === 0) return { step: 'format', verdict: 'ok', words }
  return { step: 'format', verdict: 'wrong', words, fix: `Run hub mapping test ${name}.` }
}
