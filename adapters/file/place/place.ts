/**
 * A folder somewhere, with what both halves of this kind need of it. Paths are relative to it, their parts divided by `/`;
 * the empty path is the folder itself. Every part has been judged by `safeName` before it comes here.
 */

export type PlaceFailure =
  /** Nobody there, or the folder itself is not: nothing was done. */
  | 'unreachable'
  /** The connection broke, or no answer came in time: what was under way may have been done or not. */
  | 'lost'
  /** The place refuses us: log-in, host key, rights. */
  | 'denied'
  /** No space, or the quota is used up. */
  | 'full'
  /** Something stands there already. */
  | 'exists'
  /** Nothing stands there. */
  | 'missing'
  /** The place cannot have such a name: too long, or not to be written in its character set. */
  | 'name'
  /** Any other refusal; it may pass. */
  | 'failed'

/** Thrown by places; `kind` decides what becomes of it. The text holds no secret. */
export class PlaceError extends Error {
  readonly kind: PlaceFailure

  constructor(kind: PlaceFailure, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'PlaceError'
    this.kind = kind
  }
}

export interface Entry {
  readonly name: string
  /** `other`: a link, a device, a pipe. Links are never followed. */
  readonly kind: 'file' | 'folder' | 'other'
  /** Bytes. */
  readonly size: number
  /** Epoch milliseconds by the place's own clock; some places know whole seconds only. */
  readonly modifiedMs: number
}

export interface Listing {
  readonly entries: readonly Entry[]
  /** Names that are no text in the configured character set, in a form that a log can show. */
  readonly unreadable: readonly string[]
}

export interface Place {
  /** For logs and faults: where it is; no secret. */
  readonly title: string
  /**
   * The same value as long as it is the same folder in the same sitting: changes with each connection, and when another folder is
   * mounted. @throws PlaceError
   */
  connection(): Promise<unknown>
  /** @throws PlaceError `missing` where there is no such folder; `unreachable` where it is the place's own */
  list(folder: string): Promise<Listing>
  /** Undefined where nothing stands there. */
  stat(path: string): Promise<Entry | undefined>
  /** The bytes, piece by piece. Only of a file; a link is not followed. @throws PlaceError while it is read */
  read(path: string): AsyncGenerator<Uint8Array, void, undefined>
  /**
   * Writes a file anew, over whatever stood there; on disk when it resolves, as far as the place can tell. Stops between
   * two pieces when `signal` fires, and leaves what it wrote.
   */
  write(
    path: string,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<void>
  /** @throws PlaceError `exists` where `to` is taken, `missing` where `from` is not there */
  rename(from: string, to: string): Promise<void>
  /**
   * Puts a file into another folder under its name, or that with the first free number behind it. Of two who move one file one
   * succeeds; a file that its sender puts under the old name meanwhile stays there.
   *
   * @throws PlaceError `missing` where `from` is not there
   */
  move(from: string, folder: string, name: string): Promise<void>
  /** As `rename`, over whatever stands at `to`. */
  replace(from: string, to: string): Promise<void>
  /** A file; resolves too where it is not there. */
  remove(path: string): Promise<void>
  /** With all folders above it, below the place's own; resolves too where it is there. */
  makeFolder(path: string): Promise<void>
  /** Ends what is under way with `lost`. Safe twice. */
  close(): Promise<void>
}

/** `folder/name`; the folder may be empty. */
export function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

/** The folder of a path, and the name in it. */
export function split(path: string): [folder: string, name: string] {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)]
}

/** `x.txt`, `x.txt.2`, `x.txt.3` … */
export function numbered(name: string, number: number): string {
  return number === 1 ? name : `${name}.${number}`
}
