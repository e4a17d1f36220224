/**
 * The inbound half: looks at a folder again and again, takes the files that are whole, and puts them out of the way.
 *
 * Two nodes may look at the same folder. They do not divide the files between them: each document has the same key or the same
 * bytes wherever it is handed over from, so the hub takes it once, and whoever is second finds the file gone.
 */
import type { Timer } from '../../../hub/contract/clock.ts'
import type {
  Listener,
  ListenerState,
  ListenerStatus,
  ListenServices,
} from '../../../hub/contract/listener.ts'
import { statusAfter } from '../../shared/listener-status.ts'
import { type Place, PlaceError } from '../place/place.ts'
import { type Candidate, scan } from './scan.ts'
import type { FileListenSettings } from './settings.ts'
import { type FileProgress, freshFileProgress, reject, type TakeParts, takeFile } from './take-file.ts'

/** How long the place may take to let go when the listener closes. */
const FAREWELL_MS = 5_000
/** Far longer than a report takes to be written, on the clock of any server that is roughly right. */
const ABANDONED_MS = 24 * 3_600_000
/** Between two tries of a file whose documents are not taken yet. */
const LONGEST_WAIT_MS = { hub: 60_000, order: 600_000 } as const
/** Names that were warned of once; more than these are not remembered, and warned of again. */
const MOST_WARNED = 10_000

/** After a file could not be read or moved, this many looks pass before it is tried again. */
const LOOKS_PASSED = 10

/** What is remembered of a file while it stands in the folder and does not change. */
interface Known {
  readonly size: number
  readonly modifiedMs: number
  /** Since when it has looked like this, epoch milliseconds. */
  readonly sinceMs: number
  /** How often it was seen so. */
  looks: number
  progress: FileProgress
  /** Not tried before, epoch milliseconds. */
  nextAtMs: number
  /** How often it was told to come back. */
  laters: number
}

export class FileListener implements Listener {
  readonly #settings: FileListenSettings
  readonly #services: ListenServices
  readonly #parts: TakeParts
  readonly #known = new Map<string, Known>()
  readonly #warned = new Set<string>()
  #status: ListenerStatus
  #timer: Timer | undefined
  #looking: Promise<void> = Promise.resolve()
  #closing = false
  #closed: Promise<void> | undefined
  /** The hub has a document of ours in its hands. */
  #inHand = false

  constructor(place: Place, settings: FileListenSettings, services: ListenServices) {
    this.#settings = settings
    this.#services = services
    this.#parts = {
      place,
      settings,
      services: {
        clock: services.clock,
        randomBytes: services.randomBytes,
        log: services.log,
        receive: async (inbound) => {
          this.#inHand = true
          try {
            return await services.receive(inbound)
          } finally {
            this.#inHand = false
          }
        },
      },
      stopped: () => this.#closing,
    }
    this.#status = { state: 'opening', sinceMs: services.clock.now() }
    this.#plan(0)
  }

  status(): ListenerStatus {
    return this.#status
  }

  close(): Promise<void> {
    this.#closed ??= this.#leave()
    return this.#closed
  }

  async #leave(): Promise<void> {
    this.#closing = true
    this.#timer?.cancel()
    const farewell = this.#hurry()
    await this.#looking
    farewell.cancel()
    await this.#parts.place.close()
    this.#is('closed')
  }

  /** A place that does not answer must not hold up the hub for long; the hub itself may take the time it needs. */
  #hurry(): Timer {
    let timer = this.#services.clock.after(FAREWELL_MS, () => {
      if (this.#inHand) timer = this.#hurry()
      else void this.#parts.place.close()
    })
    return { cancel: () => timer.cancel() }
  }

  #plan(delayMs: number): void {
    if (this.#closing) return
    this.#timer = this.#services.clock.after(delayMs, () => {
      this.#looking = this.#look().finally(() => this.#plan(this.#settings.pollMs))
    })
  }

  async #look(): Promise<void> {
    try {
      const { candidates, oddities, leftovers } = await scan(this.#parts.place, this.#settings)
      if (!this.#closing) this.#is('open')
      for (const { path, reason } of oddities)
        this.#warnOnce(path, { path, reason }, 'something in the folder is left alone')
      const abandoned = this.#services.clock.now() - ABANDONED_MS
      for (const { path, modifiedMs } of leftovers)
        if (modifiedMs < abandoned) await this.#parts.place.remove(path)
      const paths = new Set(candidates.map(({ path }) => path))
      for (const path of this.#known.keys()) if (!paths.has(path)) this.#known.delete(path)
      for (const file of candidates) {
        if (this.#closing) return
        await this.#consider(file)
      }
    } catch (error) {
      if (error instanceof PlaceError) this.#is('lost', error.message)
      else this.#services.log.error({ error }, 'looking at a folder met an error of the hub')
    }
  }

  /** @throws PlaceError where the place is gone */
  async #consider(file: Candidate): Promise<void> {
    const nowMs = this.#services.clock.now()
    const known = this.#remember(file, nowMs)
    if (nowMs < known.nextAtMs) return
    if (!this.#isWhole(file, known)) {
      if (nowMs - known.sinceMs >= this.#settings.patienceMs)
        this.#warnOnce(file.path, { file: file.path }, 'a file waits for what says that it is whole')
      return
    }
    try {
      const taken = await takeFile(file, known.progress, this.#parts)
      switch (taken.kind) {
        case 'settled':
        case 'again':
          this.#known.delete(file.path)
          break
        case 'later':
          // Each time the file is read again, so it is asked less and less often.
          known.nextAtMs =
            this.#services.clock.now() +
            Math.min(
              taken.afterMs * 2 ** known.laters,
              Math.max(taken.afterMs, LONGEST_WAIT_MS[taken.because]),
            )
          known.laters++
          break
        case 'unlike':
          // Whoever writes .ok last has sent everything; else the rest, or a better companion, may still come.
          if (this.#settings.completion === 'ok' || nowMs - known.sinceMs >= this.#settings.patienceMs) {
            await reject(file, taken.problem, this.#parts)
            this.#known.delete(file.path)
          } else known.nextAtMs = nowMs + this.#pauseMs()
          break
        case 'stopped':
      }
    } catch (error) {
      this.#failed(file, known, error)
    }
  }

  #failed(file: Candidate, known: Known, error: unknown): void {
    if (error instanceof PlaceError && (error.kind === 'lost' || error.kind === 'unreachable')) {
      // Nobody knows what was settled: it is taken from the beginning, and the keys tell the hub what it has.
      this.#known.delete(file.path)
      throw error
    }
    if (error instanceof PlaceError && error.kind === 'missing') {
      // Another node was quicker, or its sender took it back.
      this.#known.delete(file.path)
      return
    }
    known.nextAtMs = this.#services.clock.now() + this.#pauseMs()
    if (error instanceof PlaceError)
      this.#services.log.error(
        { file: file.path, reason: error.message },
        'a file could not be read or put out of the way; it is tried again',
      )
    else this.#services.log.error({ file: file.path, error }, 'a file met an error of the hub')
  }

  #remember(file: Candidate, nowMs: number): Known {
    const before = this.#known.get(file.path)
    if (before !== undefined && before.size === file.size && before.modifiedMs === file.modifiedMs) {
      before.looks++
      return before
    }
    const { size, modifiedMs } = file
    const progress = freshFileProgress()
    const known = { size, modifiedMs, sinceMs: nowMs, looks: 1, progress, nextAtMs: 0, laters: 0 }
    this.#known.set(file.path, known)
    return known
  }

  #isWhole(file: Candidate, known: Known): boolean {
    const { completion, digest = 'md5' } = this.#settings
    if (completion === 'ok') return file.hasOk
    // Not at the first look: what is still being written would be read again and again.
    if (known.looks < 2) return false
    return completion === 'stable' || file.digests.includes(digest)
  }

  #pauseMs(): number {
    return this.#settings.pollMs * LOOKS_PASSED
  }

  #warnOnce(about: string, details: object, words: string): void {
    if (this.#warned.has(about)) return
    if (this.#warned.size >= MOST_WARNED) this.#warned.clear()
    this.#warned.add(about)
    this.#services.log.warn(details, words)
  }

  #is(state: ListenerState, words?: string): void {
    if (state !== this.#status.state && state === 'lost')
      this.#services.log.warn({ words }, 'a folder cannot be read')
    this.#status = statusAfter(this.#status, state, this.#services.clock.now(), words)
  }
}
