/**
 * Tickets: addresses under which a receiver fetches a file without signing its request, for systems that only know how to open
 * an address. A ticket says for whom, on which case, until when, and is sealed with HMAC-SM3, so that nothing of it can be changed.
 * It opens one file, and every reading is on record under the receiver's name.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../contract/clock.ts'
import { IntakeError } from '../contract/errors.ts'

/** What a ticket grants. */
export interface FileGrant {
  /** Lower-case hex. */
  readonly sm3: string
  /** System id. */
  readonly receiver: string
  readonly caseNo: string
  /** What the file is called in the message that the ticket stands in. */
  readonly name: string
  readonly mediaType: string
}

export interface FileTickets {
  /** The address, good for an hour from now. */
  addressOf(grant: FileGrant): string
  /** `query`: what came after `?`, decoded. @throws IntakeError FILE_TICKET where it was changed, or is too old */
  grantOf(sm3: string, query: Readonly<Record<string, unknown>>): FileGrant
}

/** Long enough for a receiver that collects at once, or after its next run; short where a ticket is copied somewhere. */
const LIFE_SECONDS = 3600

/** `base`: where partners reach the hub, without a slash at the end; asked when a ticket is made. */
export function makeFileTickets(parts: {
  readonly key: Uint8Array
  readonly clock: Pick<Clock, 'now'>
  readonly base: () => string
}): FileTickets {
  const { key, clock, base } = parts
  const seal = (expires: string, { sm3, receiver, caseNo, name, mediaType }: FileGrant): Buffer =>
    createHmac('sm3', key)
      // JSON keeps its parts apart, whatever is in them.
      .update(JSON.stringify(['hub file ticket', sm3, receiver, caseNo, name, mediaType, expires]))
      .digest()
  return {
    addressOf(grant) {
      const expires = String(Math.floor(clock.now() / 1000) + LIFE_SECONDS)
      const query = new URLSearchParams({
        receiver: grant.receiver,
        case: grant.caseNo,
        name: grant.name,
        type: grant.mediaType,
        expires,
        signature: seal(expires, grant).toString('hex'),
      })
      return `${base()}/v1/files/${grant.sm3}?${query}`
    },
    grantOf(sm3, query) {
      const text = (name: string): string => (typeof query[name] === 'string' ? query[name] : '')
      const grant: FileGrant = {
        sm3,
        receiver: text('receiver'),
        caseNo: text('case'),
        name: text('name'),
        mediaType: text('type'),
      }
      const expires = text('expires')
      const given = Buffer.from(text('signature'), 'hex')
      const expected = seal(expires, grant)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw ticketRefused()
      if (Number(expires) * 1000 < clock.now()) throw ticketRefused()
      return grant
    },
  }
}

/** The same words for every reason: a stranger learns nothing from them. */
function ticketRefused(): IntakeError {
  return new IntakeError(
    'FILE_TICKET',
    'The ticket was altered or is older than an hour. A new one comes with each delivery; or fetch the file with a signed request.',
  )
}
