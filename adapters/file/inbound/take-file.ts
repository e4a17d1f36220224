/** One file, from the moment it is whole to the moment it is out of the way. */
import type { ListenServices } from '../../../hub/contract/listener.ts'
import { companionOf, Digester, type DigestName, readCompanion, readSmall } from '../digest.ts'
import { join, type Place } from '../place/place.ts'
import { freshProgress, handOverLines, idempotencyKey, type LineProgress } from './hand-over.ts'
import { withoutMark } from './line-reader.ts'
import type { FileProblem } from './problem.ts'
import { problemRow, type ReportRow, reportBytes, rowsOf } from './report.ts'
import type { Candidate } from './scan.ts'
import { type FileListenSettings, mediaType } from './settings.ts'
import { settleDone, settleRejected, writeReply } from './settle.ts'
import { type Survey, survey } from './survey.ts'

export interface TakeParts {
  readonly place: Place
  readonly settings: FileListenSettings
  readonly services: Pick<ListenServices, 'receive' | 'clock' | 'randomBytes' | 'log'>
  /** The listener is closing: what was handed over is settled, nothing more is handed over. */
  readonly stopped: () => boolean
}

/** What is known of a file between two looks at the folder. */
export interface FileProgress {
  readonly lines: LineProgress
  /** The first reading, once it found the file whole: a file that waits is not read twice at each look. */
  survey?: Survey
  /** Since when a whole document waits for what comes before it, epoch milliseconds. */
  waitingSinceMs?: number
}

export type Taken =
  /** Out of the way. */
  | { readonly kind: 'settled' }
  | { readonly kind: 'later'; readonly because: 'hub' | 'order'; readonly afterMs: number }
  /** Not (yet) what its digest says; refused when it stays so. */
  | { readonly kind: 'unlike'; readonly problem: FileProblem }
  /** Read or settled under doubt: to be taken again from the beginning. */
  | { readonly kind: 'again' }
  | { readonly kind: 'stopped' }

export function freshFileProgress(): FileProgress {
  return { lines: freshProgress() }
}

/** @throws PlaceError */
export async function takeFile(file: Candidate, progress: FileProgress, parts: TakeParts): Promise<Taken> {
  const { place, settings } = parts
  if (
    file.size > settings.maxFileBytes ||
    (settings.content === 'whole' && file.size > settings.maxDocumentBytes)
  )
    return reject(file, { code: 'FILE_TOO_LARGE', detail: limit(settings) }, parts)

  const connection = await place.connection()
  const expected: Expected = progress.survey === undefined ? await digestsBeside(file, parts) : new Map()
  const outcome = await (settings.content === 'whole' ? takeWhole : takeLines)(
    file,
    progress,
    expected,
    parts,
  )
  if (outcome.kind !== 'done' && outcome.kind !== 'problem') return outcome
  if (outcome.kind === 'problem' && outcome.problem.code.startsWith('FILE_DIGEST'))
    return { kind: 'unlike', problem: outcome.problem }

  // What was read on one connection is not settled on another: behind it may be another server's folder, or a file written anew.
  if ((await place.connection()) !== connection || !(await isSame(place, file))) return { kind: 'again' }
  if (outcome.kind === 'problem') return reject(file, outcome.problem, parts)
  if (outcome.reply !== undefined && settings.replyExtension !== undefined)
    await writeReply(settling(parts), file, outcome.reply, settings.replyExtension)
  if (outcome.refusal !== undefined) return rejectRows(file, outcome.refusal, parts)
  await settleDone(settling(parts), file, outcome.report)
  return { kind: 'settled' }
}

type Outcome =
  | Exclude<Taken, { kind: 'settled' | 'unlike' }>
  | { readonly kind: 'problem'; readonly problem: FileProblem }
  | {
      readonly kind: 'done'
      readonly report?: Uint8Array
      readonly refusal?: readonly ReportRow[]
      readonly reply?: Uint8Array | undefined
    }

type Expected = ReadonlyMap<DigestName, string | undefined>

async function takeLines(
  file: Candidate,
  progress: FileProgress,
  expected: Expected,
  { place, settings, services, stopped }: TakeParts,
): Promise<Outcome> {
  const found = progress.survey ?? (await survey(place.read(file.path), [...expected.keys()], settings))
  if (progress.survey === undefined) {
    const problem = digestProblem(expected, found.digests) ?? found.problem
    if (problem !== undefined) return { kind: 'problem', problem }
    progress.survey = found
  }
  const handed = await handOverLines(
    {
      name: file.name,
      read: () => place.read(file.path),
      header: settings.records?.header === undefined ? undefined : found.header,
      sha256: found.digests.get('sha256') as string,
      settings,
      receive: services.receive,
      now: services.clock.now,
      stopped,
    },
    progress.lines,
  )
  if (handed.kind === 'changed') return { kind: 'again' }
  if (handed.kind !== 'settled') return handed
  const { rows, accepted, refused } = progress.lines
  services.log.info({ file: file.path, details: found.details, accepted, refused }, 'a file was taken in')
  if (rows.length === 0) return { kind: 'done' }
  const counts = { details: found.details, accepted, refused }
  const charset = settings.reportCharset ?? settings.charset
  return { kind: 'done', report: reportBytes(file.name, rows, counts, charset) }
}

async function takeWhole(
  file: Candidate,
  progress: FileProgress,
  expected: Expected,
  { place, settings, services, stopped }: TakeParts,
): Promise<Outcome> {
  const digester = new Digester([...expected.keys()])
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of place.read(file.path)) {
    digester.add(piece)
    pieces.push(Uint8Array.from(piece))
    size += piece.length
    if (size > settings.maxDocumentBytes)
      return { kind: 'problem', problem: { code: 'FILE_TOO_LARGE', detail: limit(settings) } }
  }
  const problem = digestProblem(expected, digester.end())
  if (problem !== undefined) return { kind: 'problem', problem }
  if (size === 0) return { kind: 'problem', problem: { code: 'FILE_EMPTY' } }
  if (stopped()) return { kind: 'stopped' }

  const body = withoutMark(Buffer.concat(pieces))
  const key = idempotencyKey(settings, file.name, body)
  const outcome = await services.receive({
    body,
    contentType: mediaType(settings),
    ...(key === undefined ? {} : { idempotencyKey: key }),
  })
  const reply = outcome.reply?.body
  switch (outcome.kind) {
    case 'accepted':
      services.log.info({ file: file.path, message: outcome.messageId }, 'a file was taken in')
      return { kind: 'done', reply }
    case 'refused':
      return { kind: 'done', refusal: rowsOf(outcome, {}), reply }
    case 'not-yet': {
      if (outcome.because === 'hub') return { kind: 'later', because: 'hub', afterMs: outcome.afterMs }
      const nowMs = services.clock.now()
      progress.waitingSinceMs ??= nowMs
      if (nowMs - progress.waitingSinceMs >= settings.patienceMs)
        return { kind: 'done', refusal: rowsOf(outcome, {}), reply }
      return { kind: 'later', because: 'order', afterMs: outcome.afterMs }
    }
  }
}

/** Puts a file aside. @throws PlaceError */
export function reject(file: Candidate, problem: FileProblem, parts: TakeParts): Promise<Taken> {
  return rejectRows(file, [problemRow(problem)], parts)
}

async function rejectRows(file: Candidate, rows: readonly ReportRow[], parts: TakeParts): Promise<Taken> {
  const { settings, services } = parts
  const codes = [...new Set(rows.map(({ code }) => code))].slice(0, 10)
  services.log.warn({ file: file.path, codes }, 'a file was refused as a whole and put aside')
  const report = reportBytes(file.name, rows, undefined, settings.reportCharset ?? settings.charset)
  await settleRejected(settling(parts), file, report)
  return { kind: 'settled' }
}

/** The digests that companions promise; undefined where one holds none. @throws PlaceError */
async function digestsBeside(file: Candidate, { place, settings }: TakeParts): Promise<Expected> {
  const names = new Set(file.digests)
  if (settings.digest !== undefined) names.add(settings.digest)
  const expected = new Map<DigestName, string | undefined>()
  for (const name of names) {
    const path = join(file.folder, companionOf(file.name, name, settings.companions))
    expected.set(
      name,
      file.digests.includes(name) ? readCompanion(name, await readSmall(place, path)) : undefined,
    )
  }
  return expected
}

function digestProblem(expected: Expected, found: ReadonlyMap<DigestName, string>): FileProblem | undefined {
  for (const [name, value] of expected) {
    if (value === undefined)
      return { code: 'FILE_DIGEST_MISSING', detail: { zh: `.${name}`, en: `.${name}` } }
    const actual = found.get(name)
    if (actual !== value)
      return {
        code: 'FILE_DIGEST',
        detail: {
          zh: `${name} 应为 ${value}，实为 ${actual}`,
          en: `${name} expected ${value}, found ${actual}`,
        },
      }
  }
  return undefined
}

async function isSame(place: Place, { path, size, modifiedMs }: Candidate): Promise<boolean> {
  const entry = await place.stat(path)
  return entry !== undefined && entry.size === size && entry.modifiedMs === modifiedMs
}

function limit({ content, maxFileBytes, maxDocumentBytes }: FileListenSettings): { zh: string; en: string } {
  const most = content === 'whole' ? Math.min(maxFileBytes, maxDocumentBytes) : maxFileBytes
  return { zh: `最多 ${most} 字节`, en: `at most ${most} bytes` }
}

function settling({ place, settings, services }: TakeParts) {
  return { place, settings, randomBytes: services.randomBytes }
}
