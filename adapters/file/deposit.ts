/**
 * One message laid down as a file, and an honest account of how far it came.
 *
 * The receiver looks at a folder whenever it likes, so nothing may be seen half: everything is written under a name that no
 * reader takes, and then renamed. The last rename publishes: that of `.ok` where there is one, else of the file itself. Before
 * it, nothing has been handed over, whatever happened; while it is under way, nobody can know; and each step can be made again.
 */
import { HubError } from '../../hub/contract/errors.ts'
import { unlessStopped } from '../shared/unless-stopped.ts'
import {
  companionOf,
  companionText,
  Digester,
  type DigestName,
  digestOf,
  type Naming,
  readSmall,
  watched,
} from './digest.ts'
import { join, type Place, PlaceError, split } from './place/place.ts'
import { isTemporary, temporaryName } from './place/temporary.ts'

export interface Parcel {
  /** Below the place's folder; empty for itself. */
  readonly folder: string
  readonly name: string
  readonly body: Uint8Array
  readonly enclosures: readonly Enclosure[]
}

export interface Enclosure {
  readonly path: string
  readonly size: number
  /** SM3 of the content, lower-case hex; undefined where the hub does not tell. */
  readonly sm3: string | undefined
  open(): Promise<AsyncIterable<unknown>>
}

export interface DepositOptions {
  readonly digests: readonly DigestName[]
  readonly ok: boolean
  readonly naming: Naming
  /** Where the receiver puts what it has taken, below the folder of the file. */
  readonly doneFolder: string | undefined
  /** What the receiver writes when it has taken a file, without the dot. */
  readonly ackExtension: string | undefined
  readonly randomBytes: (size: number) => Uint8Array
}

/** How far an attempt came. `publishing`: the rename that hands the message over was under way. */
export type Stage = 'looking' | 'writing' | 'publishing'

export type Reply =
  | { readonly kind: 'written' }
  /** The receiver had the very same; `words` are those of its acknowledgement. */
  | { readonly kind: 'there'; readonly words?: Uint8Array }
  /** Another content stands under the name. */
  | { readonly kind: 'differs'; readonly path: string }
  | { readonly kind: 'failed'; readonly stage: Stage; readonly failure: PlaceError }
  | { readonly kind: 'stopped'; readonly stage: Stage }

const ACK_BYTES = 65_536

/**
 * Makes no second try, but goes on where another attempt at the same message has come in between, at most `rounds` times.
 * Rejects only for what is a bug.
 */
export async function deposit(
  place: Place,
  parcel: Parcel,
  options: DepositOptions,
  signal: AbortSignal,
  rounds = 3,
): Promise<Reply> {
  const path = join(parcel.folder, parcel.name)
  const okPath = companionOf(path, 'ok', options.naming)
  let stage: Stage = 'looking'
  try {
    const found = await step(look(place, parcel, options))
    if (found.kind === 'there' || found.kind === 'differs') return found
    stage = 'writing'
    await step(place.makeFolder(parcel.folder))
    for (const enclosure of parcel.enclosures) {
      const differs = await putEnclosure(enclosure)
      if (differs) return { kind: 'differs', path: enclosure.path }
    }
    for (const name of options.digests) {
      const text = companionText(digestOf(name, parcel.body), parcel.name)
      await put(companionOf(path, name, options.naming), text, 'over')
    }
    if (found.kind === 'absent') await put(path, parcel.body, options.ok ? 'new' : 'published')
    if (options.ok) await put(okPath, new Uint8Array(), 'published')
    return { kind: 'written' }
  } catch (error) {
    if (signal.aborted && !(error instanceof PlaceError)) return { kind: 'stopped', stage }
    // The hub could not give an attachment.
    if (error instanceof HubError)
      return { kind: 'failed', stage, failure: new PlaceError('failed', error.message, { cause: error }) }
    if (!(error instanceof PlaceError)) throw error
    if (error.kind === 'exists') return raced(error)
    return { kind: 'failed', stage, failure: error }
  }

  function step<Result>(work: Promise<Result>): Promise<Result> {
    return unlessStopped(work, signal)
  }

  /** True where another content stands under its name: an earlier message of the case may not have been read yet. */
  async function putEnclosure({ path: target, size, sm3, open }: Enclosure): Promise<boolean> {
    const there = await step(place.stat(target))
    if (there !== undefined) {
      if (there.kind !== 'file' || there.size !== size) return true
      if (sm3 === undefined) return false
      const digester = new Digester(['sm3'])
      await step(drain(watched(place.read(target), digester)))
      return digester.end().get('sm3') !== sm3
    }
    await step(place.makeFolder(split(target)[0]))
    const digester = new Digester(['sm3'])
    const content = watched(bytesOf(await step(open())), digester)
    await write(target, content, 'new', () => {
      if (sm3 !== undefined && digester.end().get('sm3') !== sm3)
        throw new PlaceError('failed', `The hub's own copy of ${split(target)[1]} is not what it should be.`)
    })
    return false
  }

  function put(target: string, bytes: Uint8Array, how: 'new' | 'over' | 'published'): Promise<void> {
    return write(target, [bytes], how)
  }

  async function write(
    target: string,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    how: 'new' | 'over' | 'published',
    check: () => void = () => {},
  ): Promise<void> {
    const temporary = temporaryName(target, options.randomBytes)
    try {
      await step(place.write(temporary, content, signal))
      check()
      if (how === 'published') stage = 'publishing'
      await step(how === 'over' ? place.replace(temporary, target) : place.rename(temporary, target))
    } catch (error) {
      // Where the connection is gone, what is left is swept up later (`sweep`).
      if (!(error instanceof PlaceError) || error.kind !== 'lost') place.remove(temporary).catch(() => {})
      throw error
    }
  }

  /** Somebody laid the same name down between our look and our rename: another attempt of ours, or a name used twice. */
  async function raced(failure: PlaceError): Promise<Reply> {
    try {
      const found = await step(look(place, parcel, options))
      if (found.kind === 'there' || found.kind === 'differs') return found
      if (rounds > 1) return deposit(place, parcel, options, signal, rounds - 1)
      return { kind: 'failed', stage: 'writing', failure }
    } catch (error) {
      if (error instanceof PlaceError) return { kind: 'failed', stage: 'writing', failure: error }
      return { kind: 'stopped', stage: 'writing' }
    }
  }
}

/** What of a message the receiver has. `unfinished`: the file stands there, but not yet what says that it is whole. */
export async function look(
  place: Place,
  { folder, name, body }: Parcel,
  { ok, naming, doneFolder, ackExtension }: DepositOptions,
): Promise<Extract<Reply, { kind: 'there' | 'differs' }> | { readonly kind: 'absent' | 'unfinished' }> {
  const path = join(folder, name)
  if (ackExtension !== undefined) {
    const ackPath = companionOf(path, ackExtension, naming)
    if ((await place.stat(ackPath))?.kind === 'file')
      return { kind: 'there', words: await readSmall(place, ackPath, ACK_BYTES) }
  }
  if (doneFolder !== undefined) {
    const donePath = join(join(folder, doneFolder), name)
    const done = await compare(donePath)
    if (done === 'same') return { kind: 'there' }
    if (done === 'differs') return { kind: 'differs', path: donePath }
  }
  const here = await compare(path)
  if (here === 'absent') return { kind: 'absent' }
  if (here === 'differs') return { kind: 'differs', path }
  if (!ok || (await place.stat(companionOf(path, 'ok', naming))) !== undefined) return { kind: 'there' }
  return { kind: 'unfinished' }

  async function compare(at: string): Promise<'absent' | 'same' | 'differs'> {
    const entry = await place.stat(at)
    if (entry === undefined) return 'absent'
    if (entry.kind !== 'file' || entry.size !== body.length) return 'differs'
    const there = Buffer.from(body)
    let position = 0
    for await (const piece of place.read(at)) {
      if (!there.subarray(position, position + piece.length).equals(piece)) return 'differs'
      position += piece.length
    }
    return position === body.length ? 'same' : 'differs'
  }
}

async function* bytesOf(content: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of content)
    yield typeof piece === 'string' ? Buffer.from(piece) : (piece as Uint8Array)
}

async function drain(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of content);
}

/** Removes what attempts left behind that were cut off before `beforeMs`. @throws PlaceError */
export async function sweep(place: Place, folder: string, beforeMs: number): Promise<void> {
  const { entries } = await place.list(folder)
  for (const { name, kind, modifiedMs } of entries)
    if (kind === 'file' && isTemporary(name) && modifiedMs < beforeMs) await place.remove(join(folder, name))
}
