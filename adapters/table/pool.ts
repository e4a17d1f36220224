/** A few sessions with one database, lent one at a time. */
import { DatabaseFault, type Session } from './session.ts'

export class Pool {
  readonly #open: (stop: AbortSignal) => Promise<Session>
  readonly #size: number
  readonly #idle: Session[] = []
  readonly #waiting = new Set<() => void>()
  #count = 0
  #isClosed = false

  constructor(open: (stop: AbortSignal) => Promise<Session>, size: number) {
    this.#open = open
    this.#size = size
  }

  /** Waits for a free session, or opens one. @throws DatabaseFault; at once when the signal fires */
  async take(stop: AbortSignal): Promise<Session> {
    for (;;) {
      if (stop.aborted || this.#isClosed) {
        // What woke this one is for the next that waits.
        this.#wake()
        throw new DatabaseFault('unreachable', 'stopped before a session was free')
      }
      const session = this.#idle.pop()
      if (session !== undefined) return session
      if (this.#count < this.#size) return this.#another(stop)
      await this.#change(stop)
    }
  }

  /** A session that has ended, or in which a transaction may be open, is dropped. */
  giveBack(session: Session, isClean: boolean): void {
    if (isClean && !session.isEnded && !this.#isClosed) this.#idle.push(session)
    else session.destroy()
    this.#wake()
  }

  /** Closes what is idle; what is lent is dropped when it comes back. Safe twice. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#wake()
    await Promise.all(this.#idle.splice(0).map((session) => session.close()))
  }

  async #another(stop: AbortSignal): Promise<Session> {
    this.#count++
    try {
      const session = await this.#open(stop)
      session.onEnd(() => {
        this.#count--
        const at = this.#idle.indexOf(session)
        if (at >= 0) this.#idle.splice(at, 1)
        this.#wake()
      })
      return session
    } catch (error) {
      this.#count--
      this.#wake()
      throw error
    }
  }

  #change(stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done)
        stop.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      stop.addEventListener('abort', done)
    })
  }

  #wake(): void {
    // The first that waited takes it; the rest look again at the next change.
    const [first] = this.#waiting
    if (this.#isClosed) for (const wake of [...this.#waiting]) wake()
    else first?.()
  }
}
