/** Cases without end: windows of all cities and counties hand them in, so many under way at once, until told to stop. */
import type { WindowCase } from '../simulators/acceptance/window.ts'
import type { Plan } from '../simulators/plan.ts'
import { anyCase } from '../simulators/province/cases.ts'
import { hasEnded } from '../simulators/province/ending.ts'
import type { Province } from '../simulators/province/province.ts'

const PLANS: readonly Plan[] = ['straight', 'correction', 'publicity', 'refused', 'swift']

export interface Load {
  /** Cases that the hub has taken. */
  readonly cases: readonly WindowCase[]
  /** Hands in nothing new; resolves when every case handed in has been taken. @throws Error where the hub refuses one */
  stop(): Promise<void>
}

/** @param underWay cases that have not had their last message yet */
export function startLoad(province: Province, underWay: number): Load {
  const cases: WindowCase[] = []
  const ended = new Map<string, () => void>()
  const stopped = Promise.withResolvers<void>()
  let stopping = false
  let number = 0

  const unwatch = province.ledger.watch({
    arrived: ({ caseNo }) => {
      const tell = ended.get(caseNo)
      if (tell === undefined) return
      tell()
    },
  })

  async function oneAfterTheOther(): Promise<void> {
    while (!stopping) {
      const { region, visit } = anyCase(province.deployment, number++, PLANS)
      const theCase = await province.receive(region, visit)
      cases.push(theCase)
      const { caseNo = '' } = theCase
      const last = new Promise<void>((resolve) => {
        const look = (): void => {
          if (hasEnded(province, theCase)) resolve()
        }
        ended.set(caseNo, look)
        look()
      })
      await Promise.race([last, stopped.promise])
      ended.delete(caseNo)
    }
  }

  const all = Promise.all(Array.from({ length: underWay }, oneAfterTheOther))
  // The reason comes out of `stop`.
  all.catch(() => undefined)
  return {
    cases,
    stop: async () => {
      stopping = true
      stopped.resolve()
      await all
      unwatch()
    },
  }
}
