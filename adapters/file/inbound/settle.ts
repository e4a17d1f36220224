/**
 * What becomes of a file in the end. Its `.ok` goes first: a companion that stayed behind would call the next file of that
 * name whole before it is. Every step can be made again, by this node or by another one that reads the same folder.
 */
import { companionOf, DIGESTS } from '../digest.ts'
import { join, numbered, type Place, PlaceError } from '../place/place.ts'
import { temporaryName } from '../place/temporary.ts'
import type { Candidate } from './scan.ts'
import type { FileListenSettings } from './settings.ts'

export interface SettleParts {
  readonly place: Place
  readonly settings: Pick<FileListenSettings, 'companions' | 'settled' | 'doneFolder' | 'rejectedFolder'>
  readonly randomBytes: (size: number) => Uint8Array
}

/** Everything in it is settled: the report, where there is one, then the file out of the way. @throws PlaceError */
export async function settleDone(
  parts: SettleParts,
  file: Candidate,
  report: Uint8Array | undefined,
): Promise<void> {
  const { place, settings } = parts
  const reportPath = `${file.path}.err`
  // One of an earlier file of this name would speak of what is no longer so.
  if (report === undefined) await place.remove(reportPath)
  else await writeReport(parts, reportPath, report)
  if (settings.settled === 'move') return moveAll(parts, file, settings.doneFolder)
  await place.remove(companionOf(file.path, 'ok', settings.companions))
  if (settings.settled === 'delete') await place.remove(file.path)
  else await moveFree(place, file.path, file.folder, `${file.name}.done`)
  for (const digest of DIGESTS) await place.remove(companionOf(file.path, digest, settings.companions))
}

/** Refused as a whole: put aside, with the report beside it. @throws PlaceError */
export async function settleRejected(parts: SettleParts, file: Candidate, report: Uint8Array): Promise<void> {
  const folder = join(file.folder, parts.settings.rejectedFolder)
  await parts.place.makeFolder(folder)
  const name = await freeName(parts.place, folder, file.name)
  await writeReport(parts, `${join(folder, name)}.err`, report)
  await moveAll(parts, file, parts.settings.rejectedFolder)
}

/** The answer in the sender's own format, where the file was dropped. @throws PlaceError */
export function writeReply(
  parts: SettleParts,
  file: Candidate,
  reply: Uint8Array,
  extension: string,
): Promise<void> {
  return writeReport(parts, `${file.path}.${extension}`, reply)
}

async function moveAll({ place, settings }: SettleParts, file: Candidate, below: string): Promise<void> {
  const folder = join(file.folder, below)
  await place.makeFolder(folder)
  for (const companion of ['ok', undefined, ...DIGESTS]) {
    const name = companion === undefined ? file.name : companionOf(file.name, companion, settings.companions)
    await moveFree(place, join(file.folder, name), folder, name)
  }
}

/** Resolves too where there is nothing (any more): not every file has every companion, and another node may have been quicker. */
async function moveFree(place: Place, from: string, folder: string, name: string): Promise<void> {
  try {
    await place.move(from, folder, name)
  } catch (error) {
    if (!(error instanceof PlaceError) || error.kind !== 'missing') throw error
  }
}

/** The name that `move` would give it now, so that the report can stand there first. */
async function freeName(place: Place, folder: string, name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const free = numbered(name, number)
    if ((await place.stat(join(folder, free))) === undefined) return free
  }
}

async function writeReport(
  { place, randomBytes }: SettleParts,
  path: string,
  report: Uint8Array,
): Promise<void> {
  const temporary = temporaryName(path, randomBytes)
  await place.write(temporary, [report])
  await place.replace(temporary, path)
}
