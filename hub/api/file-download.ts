/** `GET /v1/files/{sm3}`: who asks, by which right; on record before the first byte goes out. Ranges go on where a reader was cut off. */
import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import type { ByteRange } from '../contract/content-store.ts'
import { IntakeError } from '../contract/errors.ts'
import { fileForSystem, fileOnRecord, type ReadableFile, typeOf } from '../materials/access.ts'
import type { Materials } from '../materials/materials.ts'
import { byteRangeOf } from './byte-range.ts'
import { operatorOf, principalOf } from './partner.ts'
import { textParameter } from './query.ts'

interface DownloadParts {
  readonly materials: Materials
  readonly stopping: AbortSignal
}

/** A file, who reads it, and why it may. */
interface Reading extends ReadableFile {
  /** System or account. */
  readonly actor: string
  readonly details: Readonly<Record<string, unknown>>
}

export async function sendFile(
  { materials, stopping }: DownloadParts,
  request: Request<{ sm3: string }>,
  response: Response,
): Promise<void> {
  const reading = await readingOf(materials, request, response)
  const { file } = reading
  const etag = `"sm3:${file.sm3}"`
  const ifRange = request.get('if-range')
  const asked = ifRange === undefined || ifRange === etag ? request.get('range') : undefined
  const range = byteRangeOf(asked, file.size)
  response.set({
    'accept-ranges': 'bytes',
    etag,
    'cache-control': 'private, no-store',
    'repr-digest': `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`,
    // What a stranger handed in is never shown as a page of the hub.
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'content-disposition': dispositionOf(reading.name),
  })
  if (range === 'unsatisfiable') {
    response.set('content-range', `bytes */${file.size}`)
    throw new IntakeError('FILE_RANGE', `The file has ${file.size} bytes.`, { details: { size: file.size } })
  }
  const length = range === undefined ? file.size : range.last - range.first + 1
  response.status(range === undefined ? 200 : 206)
  response.set({ 'content-type': reading.mediaType, 'content-length': String(length) })
  if (range !== undefined) response.set('content-range', `bytes ${range.first}-${range.last}/${file.size}`)
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  await send(materials, reading, range, { response, stopping })
}

async function send(
  { contents, store, clock }: Materials,
  { file, actor, by, details }: Reading,
  range: ByteRange | undefined,
  { response, stopping }: { readonly response: Response; readonly stopping: AbortSignal },
): Promise<void> {
  const bytes = await contents.open(file.sm3, range)
  const part = range === undefined ? {} : { first: range.first, last: range.last }
  try {
    const entry = { atMs: clock.now(), actor, action: 'file.read', subject: file.sm3 }
    await store.auditAppend({ ...entry, details: { by, ...details, ...part } })
  } catch (error) {
    bytes.destroy()
    throw error
  }
  // Once bytes are on their way a fault can only be told by breaking off: the reader misses what the length promised.
  await pipeline(bytes, response, { signal: stopping }).catch(() => response.destroy())
}

async function readingOf(
  { store, tickets }: Materials,
  request: Request<{ sm3: string }>,
  response: Response,
): Promise<Reading> {
  const { sm3 } = request.params
  if (request.query.signature !== undefined) {
    const { receiver, caseNo, name, mediaType } = tickets.grantOf(sm3, request.query)
    response.locals.systemId = receiver
    const file = await fileOnRecord(store, sm3)
    return { file, name, mediaType, by: 'ticket', actor: receiver, details: { caseNo } }
  }
  const principal = principalOf(response)
  if (principal.kind === 'operator') {
    const actor = operatorOf(response, 'operator').id
    const purpose = textParameter(request, 'purpose')
    if (purpose === undefined)
      throw new IntakeError(
        'REQUEST_PARAMETER',
        'purpose: say why you have to read the file; it is recorded.',
      )
    const file = await fileOnRecord(store, sm3)
    return { file, name: undefined, mediaType: typeOf(file), by: 'operator', actor, details: { purpose } }
  }
  const caseNo = textParameter(request, 'caseNo')
  const { id } = principal.system
  const found = await fileForSystem(store, { sm3, system: id, caseNo })
  return { ...found, actor: id, details: caseNo === undefined ? {} : { caseNo } }
}

/** RFC 6266 §4.3 with the encoding of RFC 8187: names are Chinese more often than not. */
function dispositionOf(name: string | undefined): string {
  if (name === undefined) return 'attachment'
  const safe = name.toWellFormed().replace(/[\p{Cc}/\\]/gu, '_')
  const encoded = encodeURIComponent(safe).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename*=UTF-8''${encoded}`
}
