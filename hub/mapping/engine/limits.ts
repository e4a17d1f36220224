/** What one evaluation may consume. Every verdict is counted, never timed, so it is the same on every machine. */
export interface Limits {
  /**
   * Units of work: one per loop iteration, lambda call or visited node, one per 16 characters of text built or
   * scanned. A mapping of 90 leaves and 12 materials uses a few hundred.
   */
  readonly steps: number
  /** Characters in any one string that the expression builds. */
  readonly stringLength: number
  /** Elements in any one array that the expression builds. */
  readonly arrayLength: number
  /** Lambda calls inside one another, and levels of nesting that a built-in function walks. */
  readonly depth: number
}

/**
 * Generous for a mapping, tight for an attack: the whole step budget burns in some tens of milliseconds, and at
 * 16 characters a step an evaluation cannot build more than about 4 MB of text.
 */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  steps: 250_000,
  stringLength: 1_000_000,
  arrayLength: 100_000,
  depth: 200,
})

/** Characters in the source of one expression; the parser recurses, so it is capped before it is asked. */
export const MAX_SOURCE_LENGTH = 256 * 1024

/** Characters in a date or number picture. */
export const MAX_PICTURE_LENGTH = 256
