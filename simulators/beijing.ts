/** Beijing wall-clock text in the shapes that partners write, whatever the machine's zone. Beijing has no summer time. */

const OFFSET_MS = 8 * 3_600_000

/** `2026-09-30 10:12:05` */
export function spaced(epochMs: number): string {
  return new Date(epochMs + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ')
}

/** `20260930101205` */
export function compact(epochMs: number): string {
  return spaced(epochMs).replace(/\D/g, '')
}

/** `2026-09-30` */
export function day(epochMs: number): string {
  return spaced(epochMs).slice(0, 10)
}

/** `2026/09/30 10:12:05` */
export function slashed(epochMs: number): string {
  return spaced(epochMs).replaceAll('-', '/')
}
