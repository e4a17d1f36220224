/** Prints one line per message, once the hub has answered for it and the system it is meant for has it. */
import type { Acknowledged, Ledger } from '../ledger.ts'
import { typeLabel } from './labels.ts'

export interface Timeline {
  /** Gives the case the number under which its lines are printed. */
  name(caseNo: string, label: string): void
  stop(): void
}

export function printTimeline(ledger: Ledger, print: (line: string) => void): Timeline {
  const labels = new Map<string, string>()
  const entries = new Map<string, Acknowledged>()
  const printed = new Set<string>()
  const early = new Map<string, string[]>()

  const look = (messageId: string): void => {
    const entry = entries.get(messageId)
    if (entry === undefined || printed.has(messageId)) return
    const [receiver = ''] = entry.due
    if (!ledger.hasSeen(receiver, messageId)) return
    printed.add(messageId)
    const line = `${String(entry.sequence).padStart(2)}  ${typeLabel(entry.type)}  ${entry.sender} → ${entry.due.join(', ')}`
    const label = labels.get(entry.caseNo)
    if (label === undefined) early.set(entry.caseNo, [...(early.get(entry.caseNo) ?? []), line])
    else print(`${label}  ${line}`)
  }

  const stop = ledger.watch({
    acknowledged(entry) {
      entries.set(entry.messageId, entry)
      look(entry.messageId)
    },
    arrived({ messageId }) {
      look(messageId)
    },
  })
  return {
    name(caseNo, label) {
      labels.set(caseNo, label)
      for (const line of early.get(caseNo) ?? []) print(`${label}  ${line}`)
      early.delete(caseNo)
    },
    stop,
  }
}
