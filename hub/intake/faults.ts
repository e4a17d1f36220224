/** Small makers of faults, and the question whether a part of the data is already known to be broken. */
import type { Fault } from '../contract/errors.ts'
import type { ProblemCode } from '../contract/problems.ts'

export function fault(
  code: ProblemCode,
  pointer: string,
  zh: string,
  en: string,
  facts?: Record<string, unknown>,
): Fault {
  return { code, pointer, reason: { zh, en }, ...(facts === undefined ? {} : { facts }) }
}

/** True where a fault stands at `pointer`, within it, or around it: what was found broken is not judged again. */
export function isBroken(faults: readonly Fault[], pointer: string): boolean {
  return faults.some(
    ({ pointer: at }) =>
      at !== undefined &&
      (at === '' || at === pointer || at.startsWith(`${pointer}/`) || pointer.startsWith(`${at}/`)),
  )
}

/**
 * Names the place in the sender's own document. Where the mapping cannot tell for the pointer itself (a part that is
 * missing altogether), the nearest part around it is named.
 */
export function withSource(found: Fault, sourceOf: (pointer: string) => string | undefined): Fault {
  if (found.source !== undefined || found.pointer === undefined) return found
  for (let pointer = found.pointer; pointer !== ''; pointer = pointer.slice(0, pointer.lastIndexOf('/'))) {
    const source = sourceOf(pointer)
    if (source !== undefined) return { ...found, source }
  }
  return found
}
