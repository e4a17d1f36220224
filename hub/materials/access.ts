/**
 * Who may read a file. Its sender may; besides that a file is read on a case: the parties of a case may read what its messages
 * speak of. To everybody else there is no such file.
 */
import { IntakeError } from '../contract/errors.ts'
import type { StoredFile } from '../contract/file-store.ts'
import type { Store } from '../contract/store.ts'
import { referencesIn } from './references.ts'

type AccessStore = Pick<Store, 'fileGet' | 'caseGet' | 'caseTimeline'>

/** A file as one reader may know it. */
export interface ReadableFile {
  readonly file: StoredFile
  /** As the reader's own upload or the case calls it; never what somebody else calls it elsewhere. */
  readonly name: string | undefined
  readonly mediaType: string
  /** By what right it is read, for the audit log. */
  readonly by: 'sender' | 'party' | 'operator' | 'ticket'
}

/** `system` as the file's sender, or as a party of `caseNo`. @throws IntakeError FILE_NOT_FOUND, the same for every reason */
export async function fileForSystem(
  store: AccessStore,
  query: { readonly sm3: string; readonly system: string; readonly caseNo: string | undefined },
): Promise<ReadableFile> {
  const { sm3, system, caseNo } = query
  const file = await store.fileGet({ digest: sm3 })
  if (file === undefined || file.sm3 !== sm3) throw notFound()
  const own = file.uploads.find((upload) => upload.system === system)
  if (own !== undefined) return { file, name: own.name, mediaType: own.mediaType, by: 'sender' }
  if (caseNo === undefined || !(await isPartyOf(store, caseNo, system))) throw notFound()
  const reference = await referenceInCase(store, caseNo, sm3)
  if (reference === undefined) throw notFound()
  return { file, name: reference.name, mediaType: reference.mediaType ?? typeOf(file), by: 'party' }
}

/** For whoever may read it by another right. @throws IntakeError FILE_NOT_FOUND */
export async function fileOnRecord(store: Pick<Store, 'fileGet'>, sm3: string): Promise<StoredFile> {
  const file = await store.fileGet({ digest: sm3 })
  if (file === undefined || file.sm3 !== sm3) throw notFound()
  return file
}

/** What its senders say it is; the first of them where they differ. */
export function typeOf({ uploads }: StoredFile): string {
  return uploads[0]?.mediaType ?? 'application/octet-stream'
}

/** How the messages of a case speak of a file, the first time that they do. */
export async function referenceInCase(store: Pick<Store, 'caseTimeline'>, caseNo: string, sm3: string) {
  const timeline = await store.caseTimeline({ caseNo })
  return timeline.flatMap(({ message }) => referencesIn(message.data)).find((found) => found.sm3 === sm3)
    ?.reference
}

async function isPartyOf(store: Pick<Store, 'caseGet'>, caseNo: string, system: string): Promise<boolean> {
  const row = await store.caseGet({ caseNo })
  return row !== undefined && (row.origin === system || row.decider === system || row.copies.includes(system))
}

function notFound(): IntakeError {
  return new IntakeError(
    'FILE_NOT_FOUND',
    'No such file, or none that you may read. What others handed in is read on a case: add ?caseNo=<the case whose message names it>.',
  )
}
