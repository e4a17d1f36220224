/**
 * How a hub function refuses a value. It notes a fault and returns the fault's marker in the value's place, so that
 * the mapping runs on and every fault of a document is found at once. Where the marker lands in the output tells the
 * canonical pointer. A marker that an operator swallowed (`"a" & $readTime(…)`) still counts, only without a pointer.
 */
import type { Fault } from '../contract/errors.ts'
import type { FileTexts } from './format-package.ts'

export class FaultMarker {
  // Private, so that to an expression the marker is an object without members.
  readonly #fault: Omit<Fault, 'pointer' | 'source'>
  readonly #offset: number

  constructor(fault: Omit<Fault, 'pointer' | 'source'>, offset: number) {
    this.#fault = fault
    this.#offset = offset
  }

  get fault(): Omit<Fault, 'pointer' | 'source'> {
    return this.#fault
  }

  /** Where in the mapping's source the refusing call stands. */
  get offset(): number {
    return this.#offset
  }
}

/** Collects the refusals of one evaluation, and has what its functions may ask for. */
export interface Refusals {
  readonly markers: FaultMarker[]
  /** Absent on the way in. */
  readonly files?: FileTexts
}

export interface Harvest {
  /** The output without its markers: an object loses the key, an array the element. */
  readonly value: unknown
  /** Where each marker stood, as the keys and indexes leading there; a marker may stand in several places. */
  readonly found: readonly { readonly marker: FaultMarker; readonly path: readonly (string | number)[] }[]
}

/** Takes the markers out of an output. Does not change what it is given. */
export function harvest(output: unknown): Harvest {
  const found: { marker: FaultMarker; path: (string | number)[] }[] = []
  const path: (string | number)[] = []

  const clean = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      const kept: unknown[] = []
      for (const [index, element] of value.entries()) visit(index, element, (cleaned) => kept.push(cleaned))
      return kept
    }
    if (typeof value === 'object' && value !== null) {
      const kept: Record<string, unknown> = {}
      for (const [key, member] of Object.entries(value)) {
        // defineProperty, because a partner may name a key `__proto__`.
        visit(key, member, (cleaned) =>
          Object.defineProperty(kept, key, {
            value: cleaned,
            enumerable: true,
            configurable: true,
            writable: true,
          }),
        )
      }
      return kept
    }
    return value
  }
  const visit = (step: string | number, value: unknown, keep: (cleaned: unknown) => unknown): void => {
    path.push(step)
    if (value instanceof FaultMarker) found.push({ marker: value, path: [...path] })
    else keep(clean(value))
    path.pop()
  }

  if (output instanceof FaultMarker) return { value: undefined, found: [{ marker: output, path: [] }] }
  return { value: clean(output), found }
}

/** JSON pointer (RFC 6901) of a path; empty for the whole. */
export function pointerOf(path: readonly (string | number)[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** Keys of a JSON pointer; array indexes stay text. */
export function stepsOf(pointer: string): string[] {
  return pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}
