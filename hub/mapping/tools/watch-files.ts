/** Reruns something when files change. */
import { existsSync, watch } from 'node:fs'
import type { Clock, Timer } from '../../contract/clock.ts'

/** Editors write a file in several steps; this long nothing may happen before a change counts. */
const QUIET_MS = 200

/**
 * Calls back once, then again after every change below `paths`, never twice at the same time. Resolves when `stopping`
 * fires and what was under way has ended.
 */
export async function rerunOnChange(
  paths: readonly string[],
  run: () => Promise<void>,
  { clock, stopping }: { readonly clock: Clock; readonly stopping: AbortSignal },
): Promise<void> {
  const loop = new RerunLoop(run, clock)
  const watchers = paths
    .filter((path) => existsSync(path))
    .map((path) => watch(path, { recursive: true }, () => loop.changed()))
  loop.due()
  await new Promise<void>((resolve) => {
    if (stopping.aborted) resolve()
    else stopping.addEventListener('abort', () => resolve(), { once: true })
  })
  for (const watcher of watchers) watcher.close()
  await loop.end()
}

/** Changes close together make one run; a change during a run makes one more. */
export class RerunLoop {
  readonly #run: () => Promise<void>
  readonly #clock: Clock
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #again = false
  #ended = false

  constructor(run: () => Promise<void>, clock: Clock) {
    this.#run = run
    this.#clock = clock
  }

  changed(): void {
    this.#timer?.cancel()
    if (!this.#ended) this.#timer = this.#clock.after(QUIET_MS, () => this.due())
  }

  due(): void {
    if (this.#running !== undefined) {
      this.#again = true
      return
    }
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      if (this.#again && !this.#ended) {
        this.#again = false
        this.due()
      }
    })
  }

  async end(): Promise<void> {
    this.#ended = true
    this.#timer?.cancel()
    await this.#running
  }
}
