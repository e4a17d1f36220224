/** Everything that a seed decides. Each purpose has its own stream, so that leaving one fault out changes no other draw. */

export class Dice {
  #state: number

  /** @param seed any text; equal texts give equal streams. */
  constructor(seed: string) {
    let hash = 0x811c9dc5
    for (let index = 0; index < seed.length; index++)
      hash = Math.imul(hash ^ seed.charCodeAt(index), 0x01000193)
    this.#state = hash >>> 0
    for (let round = 0; round < 4; round++) this.fraction()
  }

  /** In [0, 1); mulberry32, which needs 32 bits of state and passes what a simulation asks of it. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.fraction() * items.length)] as Item
  }

  bytes(size: number): Uint8Array {
    return Uint8Array.from({ length: size }, () => this.between(0, 255))
  }
}
