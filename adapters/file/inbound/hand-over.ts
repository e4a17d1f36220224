/** Detail lines, handed over one after the other, and what is known of them so far. */
import type { Inbound, InboundOutcome } from '../../../hub/contract/listener.ts'
import { Digester, digestOf, watched } from '../digest.ts'
import { type Line, linesOf } from './line-reader.ts'
import { MOST_ROWS, type ReportRow, rowsOf, textOf } from './report.ts'
import { type FileListenSettings, mediaType } from './settings.ts'
import { kindOf, strictText } from './survey.ts'

/** Kept in memory only: after a crash everything is handed over again, with the same keys. */
export interface LineProgress {
  /** Lines up to this one were handed over; of those, the ones in `waiting` have to be again. */
  through: number
  /** By line number: since when, epoch milliseconds. */
  readonly waiting: Map<number, number>
  readonly rows: ReportRow[]
  accepted: number
  refused: number
}

export function freshProgress(): LineProgress {
  return { through: 0, waiting: new Map(), rows: [], accepted: 0, refused: 0 }
}

export interface LinesParts {
  readonly name: string
  /** Opens the file from its beginning. */
  readonly read: () => AsyncIterable<Uint8Array>
  readonly header: Buffer | undefined
  /** Of the first reading, lower-case hex. */
  readonly sha256: string
  readonly settings: FileListenSettings
  readonly receive: (inbound: Inbound) => Promise<InboundOutcome>
  readonly now: () => number
  readonly stopped: () => boolean
}

export type Handed =
  | { readonly kind: 'settled' }
  /** Some lines wait; come back after so long. */
  | { readonly kind: 'later'; readonly because: 'hub' | 'order'; readonly afterMs: number }
  /** The file is not what it was at the first reading. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'stopped' }

/** Goes on where `progress` is, and notes in it what becomes of each line. @throws PlaceError while the file is read */
export async function handOverLines(parts: LinesParts, progress: LineProgress): Promise<Handed> {
  for (;;) {
    const before = progress.waiting.size
    const round = await oneRound(parts, progress)
    if (round.kind !== 'settled') return round
    if (progress.waiting.size === 0) return { kind: 'settled' }
    // What a line waits for may stand below it in the same file; as long as that helps, there is no need to wait.
    if (before === 0 || progress.waiting.size < before) continue
    return { kind: 'later', because: 'order', afterMs: round.afterMs }
  }
}

type Round = { readonly kind: 'settled'; readonly afterMs: number } | Exclude<Handed, { kind: 'settled' }>

async function oneRound(parts: LinesParts, progress: LineProgress): Promise<Round> {
  const { settings, receive, now, stopped } = parts
  const digester = new Digester(['sha256'])
  let afterMs = settings.pollMs
  for await (const line of linesOf(watched(parts.read(), digester), settings.maxDocumentBytes)) {
    const isNew = line.number > progress.through
    if (!isNew && !progress.waiting.has(line.number)) continue
    const kind = kindOf(line, settings.records, settings.delimiter)
    if (kind === 'header' || kind === 'trailer') {
      progress.through = line.number
      continue
    }
    if (stopped()) return { kind: 'stopped' }
    const own = ownProblem(line, kind)
    if (own !== undefined) {
      refuse(line, [own])
      continue
    }
    const outcome = await receive(inboundOf(line, parts))
    if (outcome.kind === 'accepted' || isUnchanged(outcome, settings)) {
      progress.accepted++
      passed(line)
    } else if (outcome.kind === 'refused') {
      refuse(line, rowsOf(outcome, placeOf(line)))
    } else if (outcome.because === 'hub') {
      return { kind: 'later', because: 'hub', afterMs: outcome.afterMs }
    } else {
      const sinceMs = progress.waiting.get(line.number) ?? now()
      if (now() - sinceMs >= settings.patienceMs) refuse(line, rowsOf(outcome, placeOf(line)))
      else {
        progress.through = Math.max(progress.through, line.number)
        progress.waiting.set(line.number, sinceMs)
        afterMs = Math.min(afterMs, outcome.afterMs)
      }
    }
  }
  if (digester.end().get('sha256') !== parts.sha256) return { kind: 'changed' }
  return { kind: 'settled', afterMs }

  function passed({ number }: Line): void {
    progress.through = Math.max(progress.through, number)
    progress.waiting.delete(number)
  }

  function refuse(line: Line, rows: readonly ReportRow[]): void {
    progress.refused++
    // One more than are shown, so that the report can say that there are more.
    progress.rows.push(...rows.slice(0, Math.max(0, MOST_ROWS + 1 - progress.rows.length)))
    passed(line)
  }

  function placeOf({ number, bytes, tooLong }: Line): Pick<ReportRow, 'line' | 'id'> {
    const id = tooLong
      ? undefined
      : strictText(bytes, settings.charset)?.split(settings.delimiter)[settings.idField - 1]
    return { line: number, ...(id === undefined ? {} : { id: id.trim().slice(0, 50) }) }
  }

  function ownProblem(line: Line, kind: 'detail' | 'unknown'): ReportRow | undefined {
    if (line.tooLong) return { line: line.number, code: 'LINE_TOO_LONG', ...textOf('LINE_TOO_LONG') }
    if (kind === 'unknown')
      return { line: line.number, code: 'LINE_RECORD_UNKNOWN', ...textOf('LINE_RECORD_UNKNOWN') }
    return undefined
  }
}

/**
 * With the line itself as the key, "used before with another body" says that this very line was taken under another header: the
 * same case in tomorrow's file.
 */
function isUnchanged(outcome: InboundOutcome, { key }: FileListenSettings): boolean {
  return key === 'line' && outcome.kind === 'refused' && outcome.code === 'IDEMPOTENCY_KEY_REUSED'
}

function inboundOf({ bytes }: Line, { name, header, settings }: LinesParts): Inbound {
  const body = header === undefined ? bytes : Buffer.concat([header, Buffer.of(0x0a), bytes])
  const key = idempotencyKey(settings, name, bytes)
  return { body, contentType: mediaType(settings), ...(key === undefined ? {} : { idempotencyKey: key }) }
}

/** Undefined: the document's own id decides, else its bytes (hub/contract/listener.ts). */
export function idempotencyKey(
  { key }: Pick<FileListenSettings, 'key'>,
  name: string,
  bytes: Uint8Array,
): string | undefined {
  if (key === 'document') return undefined
  const digest = digestOf('sm3', bytes)
  return key === 'line'
    ? `line-${digest}`
    : `file-${digestOf('sm3', Buffer.from(name)).slice(0, 32)}-${digest}`
}
