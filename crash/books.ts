/** What the hub's own books say in the end, held against the ledger: every delivery is over, and every message that was acknowledged is there. */
import type { WindowCase } from '../simulators/acceptance/window.ts'
import type { Ledger } from '../simulators/ledger.ts'
import { hasEnded } from '../simulators/province/ending.ts'
import type { Province } from '../simulators/province/province.ts'
import { machineTime } from '../simulators/time.ts'

export interface Books {
  /** Acknowledged messages that the hub does not know. */
  readonly missing: readonly string[]
  /** In words, what is not over: deliveries dead, unknown or still waiting, cases without their last message. */
  readonly open: readonly string[]
}

interface CaseView {
  readonly state: string
  readonly messages: readonly {
    readonly messageId: string
    readonly type: string
    readonly deliveries: readonly {
      readonly destination: string
      readonly state: string
      readonly reason?: { readonly code: string; readonly words?: string }
    }[]
  }[]
}

const LOOK_AGAIN_MS = 250

/** Waits until everything is over or the signal fires; what is still open then is in the answer. */
export async function settledBooks(
  province: Province,
  cases: readonly WindowCase[],
  acknowledged: ReadonlyMap<string, { readonly caseNo: string }>,
  signal: AbortSignal,
): Promise<Books> {
  const open: string[] = []
  await province.ledger
    .until(() => cases.every((theCase) => hasEnded(province, theCase)), signal)
    .catch(() => undefined)
  for (const theCase of cases) {
    if (!hasEnded(province, theCase))
      open.push(`${theCase.caseNo} (${theCase.visit.plan}) did not come to its end`)
  }
  const known = new Set<string>()
  for (const theCase of cases) {
    const view = await settledCase(province, theCase, signal)
    for (const { messageId, type, deliveries } of view.messages) {
      known.add(messageId)
      for (const { destination, state, reason } of deliveries) {
        province.ledger.owed(messageId, destination)
        if (state !== 'delivered')
          open.push(
            `${theCase.caseNo} ${type} → ${destination} is ${state}: ${reason?.code ?? ''} ${reason?.words ?? ''}`,
          )
      }
    }
  }
  return { missing: [...acknowledged.keys()].filter((id) => !known.has(id)), open }
}

async function settledCase(province: Province, theCase: WindowCase, signal: AbortSignal): Promise<CaseView> {
  for (;;) {
    const view = await viewOf(province, theCase)
    const moving = view.messages.some(({ deliveries }) =>
      deliveries.some(({ state }) => state === 'pending' || state === 'leased' || state === 'waiting'),
    )
    if (!moving || signal.aborted) return view
    await new Promise<void>((resolve) => machineTime.after(LOOK_AGAIN_MS, resolve))
  }
}

async function viewOf(province: Province, { caseNo, parties }: WindowCase): Promise<CaseView> {
  const target = `/v1/cases/${encodeURIComponent(caseNo ?? '')}/messages`
  const { status, body } = await province.clientOf(parties.origin).call({ method: 'GET', target })
  if (status === 404) return { state: 'unknown', messages: [] }
  if (status !== 200) throw new Error(`GET ${target} was answered ${status}: ${body.toString('utf8')}`)
  return JSON.parse(body.toString('utf8')) as CaseView
}

/** Every message from now on that the hub acknowledges, by its id. */
export function noteAcknowledged(ledger: Ledger): ReadonlyMap<string, { readonly caseNo: string }> {
  const noted = new Map<string, { readonly caseNo: string }>()
  ledger.watch({ acknowledged: ({ messageId, caseNo }) => noted.set(messageId, { caseNo }) })
  return noted
}
