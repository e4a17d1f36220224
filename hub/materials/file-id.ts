/**
 * How a message refers to a file of the hub: `hub-file:sm3:` and 64 lower-case hex digits. Anything else that stands where a
 * file's number belongs is the sender's own (a city's net disk, an archive) and is passed on as it is.
 */

const PREFIX = 'hub-file:'
const FORM = /^hub-file:sm3:([0-9a-f]{64})$/

/** `sm3`: lower-case hex. */
export function fileIdOf(sm3: string): string {
  return `${PREFIX}sm3:${sm3}`
}

/** The SM3 in the number of a file of the hub; undefined for every other text. */
export function sm3OfFileId(id: string): string | undefined {
  return FORM.exec(id)?.[1]
}

/** It says that it is a file of the hub, whether or not there can be such a number. */
export function claimsToBeOurs(id: string): boolean {
  return id.startsWith(PREFIX)
}
