/** The files of a message as its receiver's format wants them: as tickets, inside the document, or going with it. */
import type { System } from '../config/topology.ts'
import type { Attachment } from '../contract/adapter.ts'
import { MappingError } from '../contract/errors.ts'
import type { StoredFile } from '../contract/file-store.ts'
import type { Message } from '../contract/message.ts'
import type { MaterialsDeclaration } from '../mapping/format-declaration.ts'
import type { FileTexts } from '../mapping/format-package.ts'
import { typeOf } from '../materials/access.ts'
import type { Materials } from '../materials/materials.ts'
import { type FoundReference, referencesIn } from '../materials/references.ts'
import { uniqueNames } from './attachment-names.ts'

export type FileSource = Pick<Materials, 'contents' | 'tickets' | 'store'>

export interface OutboundFiles {
  /** For the mapping. */
  readonly texts: FileTexts
  readonly attachments: readonly Attachment[]
}

const NO_FILES: OutboundFiles = { texts: {}, attachments: [] }

/** Largest file inside a document, unless the format says otherwise. */
const BASE64_BYTES = 1024 * 1024
/** All files inside one document together: they are in memory at once, for as long as the delivery takes. */
const BASE64_BYTES_TOGETHER = 16 * 1024 * 1024

/** @throws MappingError MAPPING_FILE_TOO_LARGE, MAPPING_FILE_ABSENT; StoreError where a content cannot be read now */
export async function filesFor(
  message: Message,
  receiver: System,
  wanted: MaterialsDeclaration | undefined,
  source: FileSource | undefined,
): Promise<OutboundFiles> {
  if (wanted === undefined || wanted.as === 'none') return NO_FILES
  const files = await onRecord(message, source)
  switch (wanted.as) {
    case 'url':
      return { ...NO_FILES, texts: { url: addressesOf(files, message, receiver, source) } }
    case 'base64':
      return { ...NO_FILES, texts: { base64: await contentsOf(files, wanted.maxBytes, source) } }
    default:
      return { ...NO_FILES, attachments: attachmentsOf(files, wanted.maxBytes, source) }
  }
}

interface ReferredFile {
  readonly file: StoredFile
  readonly reference: FoundReference['reference']
}

/** By the number in the reference; what a message names twice is one file, under its first name. */
async function onRecord(
  message: Message,
  source: FileSource | undefined,
): Promise<Map<string, ReferredFile>> {
  const files = new Map<string, ReferredFile>()
  for (const { sm3, reference } of referencesIn(message.data)) {
    if (files.has(reference.id)) continue
    const file = sm3 === undefined ? undefined : await source?.store.fileGet({ digest: sm3 })
    if (file === undefined) {
      throw new MappingError('MAPPING_FILE_ABSENT', `The hub has no file ${reference.id}.`, {
        details: { fileId: reference.id },
      })
    }
    files.set(reference.id, { file, reference })
  }
  return files
}

function addressesOf(
  files: ReadonlyMap<string, ReferredFile>,
  { subject }: Message,
  { id: receiver }: System,
  source: FileSource | undefined,
): (id: string) => string | undefined {
  return (id) => {
    const found = files.get(id)
    return (
      found &&
      source?.tickets.addressOf({
        sm3: found.file.sm3,
        receiver,
        caseNo: subject,
        name: found.reference.name,
        mediaType: found.reference.mediaType ?? typeOf(found.file),
      })
    )
  }
}

async function contentsOf(
  files: ReadonlyMap<string, ReferredFile>,
  maxBytes = BASE64_BYTES,
  source: FileSource | undefined,
): Promise<(id: string) => string | undefined> {
  refuseLarge(files, maxBytes)
  const together = [...files.values()].reduce((sum, { file }) => sum + file.size, 0)
  if (together > BASE64_BYTES_TOGETHER)
    throw tooLarge(`The files have ${together} bytes together; ${BASE64_BYTES_TOGETHER} fit in a document.`)
  const texts = new Map<string, string>()
  for (const [id, { file }] of files) {
    const chunks: Uint8Array[] = []
    for await (const chunk of (await source?.contents.open(file.sm3)) ?? []) chunks.push(chunk)
    texts.set(id, Buffer.concat(chunks).toString('base64'))
  }
  return (id) => texts.get(id)
}

function attachmentsOf(
  files: ReadonlyMap<string, ReferredFile>,
  maxBytes = Number.POSITIVE_INFINITY,
  source: FileSource | undefined,
): Attachment[] {
  refuseLarge(files, maxBytes)
  if (source === undefined) return []
  const names = uniqueNames([...files.values()].map(({ reference }) => reference.name))
  return [...files].map(([fileId, { file, reference }], index) => ({
    fileId,
    name: names[index] as string,
    contentType: reference.mediaType ?? typeOf(file),
    size: file.size,
    open: () => source.contents.open(file.sm3),
  }))
}

function refuseLarge(files: ReadonlyMap<string, ReferredFile>, maxBytes: number): void {
  for (const [id, { file }] of files) {
    if (file.size > maxBytes)
      throw tooLarge(`File ${id} has ${file.size} bytes; the format takes ${maxBytes} (materials.maxBytes).`)
  }
}

function tooLarge(words: string): MappingError {
  return new MappingError('MAPPING_FILE_TOO_LARGE', words)
}
