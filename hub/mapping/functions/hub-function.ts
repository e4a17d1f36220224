/** What the hub adds to the mapping language. One group of functions a file; each is a plain record that the engine calls. */
import type { Fault } from '../../contract/errors.ts'
import type { EngineFunction } from '../engine/compile.ts'
import { FaultMarker, type Refusals } from '../fault-marker.ts'

export type HubFunction = EngineFunction
export type HubCall = Parameters<EngineFunction['apply']>[1]

/** Notes a fault for the running evaluation and answers the marker that stands in for the refused value. */
export function refuse(call: HubCall, fault: Omit<Fault, 'pointer' | 'source'>): FaultMarker {
  const marker = new FaultMarker(fault, call.offset)
  const refusals = call.environment.context as Refusals | undefined
  refusals?.markers.push(marker)
  return marker
}

/**
 * A refused value as far as it may be repeated in an answer or a log: short plain ASCII that cannot be a resident id
 * (15, 17 or 18 digits) or a phone number (11 digits). Names are never ASCII here; anything else stays unsaid, for
 * the fault names the sender's own field anyway.
 */
export function showable(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = String(value)
  if (text.length > 32 || !/^[\x20-\x7e]*$/.test(text)) return undefined
  return /(?<!\d)(\d{11}|\d{15}|\d{17,18})(?!\d)/.test(text) ? undefined : value
}

/** `facts` without those that may not be shown. */
export function factsOf(facts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined))
}

/** The package's words for "no value", and JSON null. */
export function isAbsent(value: unknown, nullWords: ReadonlySet<string>): boolean {
  return value === undefined || value === null || (typeof value === 'string' && nullWords.has(value.trim()))
}
