/**
 * Receiving a file: bytes go to a part on the disk as they come, and no more of them is in memory than one piece. What is
 * complete is compared with the digest that its sender signed, scanned, moved into the content store, put on record; only then
 * is the sender answered. What was cut off stays as a part, and goes on where it ended.
 *
 *     part ── bytes ──► complete? ── digest ── type ── scan ──► content store ──► record ──► answer
 *                          │ no: what is there stays, flushed
 *
 * One upload of a content at a time for each sender: who comes again ends the connection that it had given up.
 */
import type { Clock } from '../contract/clock.ts'
import type { ContentStore } from '../contract/content-store.ts'
import { IntakeError, StoreError } from '../contract/errors.ts'
import type { FileUpload, StoredFile } from '../contract/file-store.ts'
import type { Store } from '../contract/store.ts'
import { type Digests, digesting, digestsOfFile, isDigestOf } from './digests.ts'
import { fitsType, HEAD_BYTES } from './media-types.ts'
import type { Part, PartName, Parts } from './parts.ts'
import { type Scan, ScanError } from './scanner.ts'

export interface UploadParts {
  readonly parts: Parts
  readonly contents: ContentStore
  readonly store: Pick<Store, 'fileAdd' | 'fileGet' | 'auditAppend'>
  readonly clock: Pick<Clock, 'now'>
  /** Absent: nobody scans. */
  readonly scan: Scan | undefined
  readonly limits: UploadLimits
}

export interface UploadLimits {
  /** Largest file, bytes. */
  readonly maxBytes: number
  /** Lower-case media types. */
  readonly mediaTypes: ReadonlySet<string>
  /** Bytes that have to stay free on the disk of the parts. */
  readonly keepFreeBytes: number
}

export interface Upload {
  readonly system: string
  readonly name: string
  readonly mediaType: string
  /** Of the whole content: SM3 or SHA-256, 64 lower-case hex digits. */
  readonly digest: string
  /** Where the bytes of this body begin in the whole. */
  readonly offset: number
  /** Of the whole, bytes; undefined where this body is the whole and does not say how long it is. */
  readonly length: number | undefined
  readonly body: AsyncIterable<Uint8Array>
  /** Of this body, as its sender signed it: the same kind of digest. */
  readonly bodyDigest: string
  /** Ends the connection that brings the body: `body` throws then. */
  readonly interrupt: () => void
}

export type UploadResult =
  /** `repeated`: this sender had handed it in before. */
  | { readonly complete: true; readonly file: StoredFile; readonly repeated: boolean }
  /** Bytes on the disk so far. */
  | { readonly complete: false; readonly received: number }

export interface Uploads {
  /**
   * Takes bytes of a file. Safe twice: bytes that are there already are written again in their place, and a file that is
   * complete is answered at once. Throws `IntakeError` FILE_*, `StoreError`, and what `body` throws where it breaks off.
   */
  receive(upload: Upload): Promise<UploadResult>
  /** How much of a file has come: all of it where it is on record for this sender. Ends a connection that is still bringing it. */
  progress(name: PartName): Promise<{ readonly received: number; readonly file: StoredFile | undefined }>
  /** Erases parts that were given up: nothing was added for `ageMs`. Answers how many. */
  sweep(ageMs: number): Promise<number>
}

/** How soon to come back when the scanner or the disk did not do it, seconds. */
const RETRY_SECONDS = 30

export function makeUploads(all: UploadParts): Uploads {
  const { parts, store, clock } = all
  /** By path of the part. */
  const underWay = new Map<string, { interrupt(): void; readonly over: Promise<unknown> }>()

  /** Ends what is under way for the same part and waits until it has let go; then `work` begins, before anybody else can. */
  async function inTurn<T>(path: string, interrupt: () => void, work: () => Promise<T>): Promise<T> {
    for (let other = underWay.get(path); other !== undefined; other = underWay.get(path)) {
      other.interrupt()
      await other.over
    }
    const working = work()
    // Whoever waits for `over` looks at the map again: the entry has to be gone by then.
    const leave = (): void => {
      underWay.delete(path)
    }
    underWay.set(path, { interrupt, over: working.then(leave, leave) })
    return working
  }

  return {
    receive: (upload) => inTurn(parts.pathOf(upload), upload.interrupt, () => receive(all, upload)),
    progress(name) {
      return inTurn(
        parts.pathOf(name),
        () => {},
        async () => {
          const file = await ownFile(store, name)
          return { received: file?.size ?? (await parts.sizeOf(name)), file }
        },
      )
    },
    sweep: (ageMs) => parts.sweep(clock.now() - ageMs, new Set(underWay.keys())),
  }
}

/** The file, where this sender has handed it in before: what others have handed in it cannot learn of without having it. */
async function ownFile(store: Pick<Store, 'fileGet'>, { system, digest }: PartName) {
  const file = await store.fileGet({ digest })
  return file?.uploads.some((upload) => upload.system === system) ? file : undefined
}

async function receive(all: UploadParts, upload: Upload): Promise<UploadResult> {
  const { parts, store, limits } = all
  if (!limits.mediaTypes.has(upload.mediaType)) throw typeRefused(upload.mediaType, limits)
  if ((upload.length ?? 0) > limits.maxBytes) throw tooLarge(limits)
  const known = await ownFile(store, upload)
  if (known !== undefined)
    return { complete: true, file: await addUpload(all, known, upload), repeated: true }

  const part = await parts.open(upload)
  try {
    const whole = await takeBytes(all, upload, part)
    if (whole === undefined) return { complete: false, received: part.size }
    await part.flush()
    const file = await keep(all, upload, part, whole)
    await part.close()
    await parts.erase(upload)
    return { complete: true, file, repeated: false }
  } catch (error) {
    if (error instanceof Refused) {
      await parts.erase(upload)
      throw error.problem
    }
    // A full disk has no use for half a file.
    if (error instanceof StoreError && error.code === 'STORE_FULL') {
      await parts.erase(upload)
      throw noRoom(error)
    }
    // The rest may still come: what there is shall be there after a power failure too.
    await part.flush().catch(() => {})
    throw error
  } finally {
    await part.close()
  }
}

/** For good: the part is of no use any more. */
class Refused {
  readonly problem: IntakeError

  constructor(problem: IntakeError) {
    this.problem = problem
  }
}

/** Answers the digests of the whole where it is complete; undefined where more has to come. */
async function takeBytes(all: UploadParts, upload: Upload, part: Part): Promise<Digests | undefined> {
  const { limits, parts } = all
  const { offset, length } = upload
  if (offset > part.size) throw gap(upload, part.size)
  await part.cut(offset)
  const most = Math.min(length ?? limits.maxBytes, limits.maxBytes)
  if ((await parts.freeBytes()) - ((length ?? offset) - offset) < limits.keepFreeBytes)
    throw new StoreError('STORE_FULL', `Less than ${limits.keepFreeBytes} bytes would stay free.`)

  const running = digesting()
  let head: Uint8Array | undefined = offset === 0 ? new Uint8Array() : undefined
  for await (const chunk of upload.body) {
    if (part.size + chunk.length > most)
      throw new Refused(length === undefined ? tooLarge(limits) : longerThanSaid(length))
    running.update(chunk)
    await part.append(chunk)
    // What is not what it says is refused before the rest of it has come.
    if (head !== undefined && head.length < HEAD_BYTES) {
      head = await part.head(HEAD_BYTES)
      if (head.length === HEAD_BYTES && !fitsType(head, upload.mediaType))
        throw new Refused(typeDiffers(upload.mediaType))
    }
  }
  const ofBody = running.end()
  if (!isDigestOf(upload.bodyDigest, ofBody)) {
    // Nothing of it is believed; what came before it stays.
    await part.cut(offset)
    await part.flush()
    throw digestDiffers(upload, 'piece')
  }
  if (length !== undefined && part.size < length) {
    await part.flush()
    return undefined
  }
  return offset === 0 ? ofBody : digestsOfFile(part.path)
}

/** Nothing is kept that is not what its sender says, and nothing that nobody has looked at where somebody has to. */
async function keep(all: UploadParts, upload: Upload, part: Part, whole: Digests): Promise<StoredFile> {
  const { contents, scan, store, clock } = all
  if (!isDigestOf(upload.digest, whole)) throw new Refused(digestDiffers(upload, 'whole'))
  if (!fitsType(await part.head(HEAD_BYTES), upload.mediaType))
    throw new Refused(typeDiffers(upload.mediaType))
  if (scan !== undefined) {
    const result = await scan(part.path).catch((error: unknown) => {
      throw error instanceof ScanError ? scannerDown(error) : error
    })
    if (!result.clean) {
      await store.auditAppend({
        atMs: clock.now(),
        actor: upload.system,
        action: 'file.infected',
        subject: whole.sm3,
        details: { finding: result.finding, size: part.size },
      })
      throw new Refused(infected(result.finding))
    }
  }
  await contents.take({ path: part.path, ...whole, size: part.size })
  return addUpload(all, { ...whole, size: part.size, uploads: [] }, upload)
}

async function addUpload(
  { store, clock }: UploadParts,
  { sm3, sha256, size, uploads }: StoredFile,
  { system, name, mediaType }: Upload,
): Promise<StoredFile> {
  const before = uploads.find((upload) => upload.system === system)
  const atMs = clock.now()
  const upload: FileUpload = { system, name, mediaType, atMs }
  const file = { sm3, sha256, size }
  if (before?.name !== name || before.mediaType !== mediaType) {
    // The name may speak of a person: the record of the file has it, the audit log does without.
    const audit = { atMs, actor: system, action: 'file.stored', subject: sm3, details: { size, mediaType } }
    await store.fileAdd({ file, upload, audit })
  }
  return { ...file, uploads: [upload] }
}

function tooLarge({ maxBytes }: UploadLimits): IntakeError {
  return new IntakeError('FILE_TOO_LARGE', `A file may have ${maxBytes} bytes at most.`, {
    details: { limitBytes: maxBytes },
  })
}

function longerThanSaid(length: number): IntakeError {
  return new IntakeError(
    'FILE_DIGEST',
    `More than the ${length} bytes came that were announced as its length.`,
    {
      details: { length },
    },
  )
}

function typeRefused(mediaType: string, { mediaTypes }: UploadLimits): IntakeError {
  return new IntakeError('FILE_TYPE', `Files of type ${mediaType} are not taken.`, {
    details: { taken: [...mediaTypes].sort() },
  })
}

function typeDiffers(mediaType: string): IntakeError {
  return new IntakeError('FILE_TYPE', `The first bytes are not those of ${mediaType}.`)
}

function gap({ offset }: Upload, received: number): IntakeError {
  return new IntakeError(
    'FILE_OFFSET',
    `The bytes from ${received} to ${offset - 1} are missing; go on at ${received}.`,
    { details: { received } },
  )
}

function digestDiffers({ offset }: Upload, what: 'piece' | 'whole'): IntakeError {
  const words =
    what === 'whole'
      ? 'All bytes have come, but they do not have the digest that was announced. Nothing was kept; send the file anew.'
      : `The body does not have the digest that was signed. Nothing of it was kept; send it again from ${offset}.`
  return new IntakeError('FILE_DIGEST', words, { details: { received: what === 'whole' ? 0 : offset } })
}

function infected(finding: string): IntakeError {
  return new IntakeError('FILE_INFECTED', `The virus scanner found ${finding}. The file was erased.`, {
    details: { finding },
  })
}

function scannerDown(cause: ScanError): IntakeError {
  return new IntakeError(
    'FILE_SCAN_UNAVAILABLE',
    'The file could not be scanned and was not taken. What was sent is kept: send an empty body at the end of it in a moment.',
    { retryAfterSeconds: RETRY_SECONDS, cause },
  )
}

function noRoom(cause: StoreError): IntakeError {
  return new IntakeError('FILE_STORE_FULL', 'There is no room for the file. Nothing of it was kept.', {
    retryAfterSeconds: RETRY_SECONDS,
    cause,
  })
}
