/** Who is to be woken when deliveries to a destination appear: the dispatcher's loops, and readers of the inbox. Wake-ups may be spurious and are never the truth: the store is. */
export class Arrivals {
  readonly #listeners = new Map<string, Set<() => void>>()

  /** Calls back on every arrival until the returned function is called. */
  listen(destination: string, callback: () => void): () => void {
    const set = this.#listeners.get(destination) ?? new Set()
    this.#listeners.set(destination, set)
    set.add(callback)
    return () => {
      set.delete(callback)
      if (set.size === 0 && this.#listeners.get(destination) === set) this.#listeners.delete(destination)
    }
  }

  announce(destinations: Iterable<string>): void {
    for (const destination of destinations) {
      for (const callback of [...(this.#listeners.get(destination) ?? [])]) callback()
    }
  }

  /** Nobody knows where something arrived: everybody is to look. */
  announceAll(): void {
    this.announce([...this.#listeners.keys()])
  }
}
