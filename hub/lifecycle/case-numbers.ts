/**
 * What each party calls a case. A system that is both origin and decider may have two numbers for it, its window's and
 * its department's: each desk is spoken to by its own.
 */
import { type MessageType, sideOf } from '../contract/message.ts'
import type { CaseRow, ExternalId } from '../contract/store.ts'
import { factsOf } from './case-states.ts'

/** External ids by system id, for a message of this type: what the deciding side says goes to the window, and the other way round. */
export function numbersFor(
  type: MessageType,
  row: Pick<CaseRow, 'origin' | 'facts'>,
  externalIds: readonly ExternalId[],
): Readonly<Record<string, string>> {
  const { originNumber } = factsOf(row)
  const toWindow = sideOf(type) === 'deciding'
  const fitting = externalIds.filter(({ system, value }) => {
    if (system !== row.origin || originNumber === undefined) return true
    const others = externalIds.some((id) => id.system === system && id.value !== originNumber)
    return toWindow || !others ? value === originNumber : value !== originNumber
  })
  return Object.fromEntries(fitting.map(({ system, value }) => [system, value]))
}
