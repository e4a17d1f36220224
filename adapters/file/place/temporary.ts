/** Names under which nobody looks for anything: what is begun, and what is on its way. */
import { join, split } from './place.ts'

const TEMPORARY = /^\..+\.[0-9a-f]{16}\.tmp$/

/** In the folder of the target, for a rename never crosses file systems then; begins with a dot and ends in `.tmp`. */
export function temporaryName(target: string, randomBytes: (size: number) => Uint8Array): string {
  const [folder, name] = split(target)
  return join(folder, `.${name}.${Buffer.from(randomBytes(8)).toString('hex')}.tmp`)
}

export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name)
}
