/** What a message's file is called: the same on every attempt and replay, so that a repeat meets the first one. */
import type { Outbound } from '../../hub/contract/adapter.ts'
import { beijingTime } from '../../hub/contract/clock.ts'
import { Rejected } from '../../hub/contract/errors.ts'
import { digestOf } from './digest.ts'
import { unsafeName } from './place/name.ts'

const EXTENSIONS: readonly (readonly [RegExp, string])[] = [
  [/\bjson\b/i, 'json'],
  [/\bxml\b/i, 'xml'],
  [/\bcsv\b/i, 'csv'],
]

/**
 * A pattern with its parts filled in. A part `{x}` is the format's hint `x`; without one, of the message: `messageId`,
 * `caseNo`, `type`, `sequence`, `extension` (by media type) and `yyyyMMdd` (the Beijing day on which the hub issued the id).
 *
 * @throws Rejected `contract` where a part is not known, or what comes out is no safe name
 */
export function fileName(pattern: string, message: Outbound): string {
  const name = filled(pattern, message)
  const reason = unsafeName(name)
  if (reason !== undefined) throw refusal(`The file cannot be called ${JSON.stringify(name)}: ${reason}.`)
  if (name.startsWith('.'))
    throw refusal(`The file cannot be called ${name}: readers overlook names that begin with a dot.`)
  return name
}

/** As `fileName`, for the folder: several names divided by `/`, or none. */
export function folderName(pattern: string, message: Outbound): string {
  if (pattern === '') return ''
  return pattern
    .split('/')
    .map((part) => fileName(part, message))
    .join('/')
}

function filled(pattern: string, message: Outbound): string {
  return pattern.replace(/\{([A-Za-z][A-Za-z0-9]*)\}/g, (_, part: string) => {
    const value = message.hints[part] ?? ownPart(part, message)
    if (value === undefined || value === '')
      throw refusal(
        `The name ${pattern} needs {${part}}: no hint of the format (format.yaml, hints) gives it for ${message.type}.`,
      )
    return value
  })
}

function ownPart(part: string, message: Outbound): string | undefined {
  switch (part) {
    case 'messageId':
      return safeId(message.messageId)
    case 'caseNo':
      return safeId(message.caseNo)
    case 'type':
      return message.type
    case 'sequence':
      return String(message.sequence)
    case 'extension':
      return EXTENSIONS.find(([pattern]) => pattern.test(message.contentType))?.[1] ?? 'txt'
    case 'yyyyMMdd':
      return dayOf(message.messageId)
    default:
      return undefined
  }
}

/** Ids are opaque and may hold anything; one that is no name is told apart by its digest. */
export function safeId(id: string): string {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}$/.test(id)
    ? id
    : `id-${digestOf('sha256', Buffer.from(id)).slice(0, 32)}`
}

/** The day in a UUID version 7 (RFC 9562 §5.7): the clock would name another file after midnight. */
function dayOf(messageId: string): string | undefined {
  const [, high = '', low = ''] = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-/i.exec(messageId) ?? []
  if (low === '') return undefined
  return beijingTime(Number.parseInt(high + low, 16))
    .slice(0, 10)
    .replaceAll('-', '')
}

function refusal(words: string): Rejected {
  return new Rejected('contract', words)
}
