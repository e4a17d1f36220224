/** Telling the store how an attempt ended, for as long as it takes: what is known of a receiver is not forgotten for a store's hiccup. */
import type { Clock } from '../contract/clock.ts'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

/**
 * What `settle` answers, as soon as it does not throw; pauses in between double. Undefined where `giveUp` fires first.
 * @param failed is told of every failure, and of the pause until the next try.
 */
export async function untilSettled<Answer>(
  settle: () => Promise<Answer>,
  {
    clock,
    giveUp,
    failed,
  }: {
    readonly clock: Clock
    readonly giveUp: AbortSignal
    readonly failed: (error: unknown, pauseMs: number) => void
  },
): Promise<Answer | undefined> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await settle()
    } catch (error) {
      failed(error, pauseMs)
      if (giveUp.aborted) return undefined
      await pause(pauseMs, clock, giveUp)
    }
  }
}

/** Ends early where the signal fires: one more try, and no more. */
function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.after(ms, end)
    signal.addEventListener('abort', end)
  })
}
