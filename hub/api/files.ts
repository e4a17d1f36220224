/**
 * `/v1/files`: handing a file in and reading it, byte by byte past the memory (docs/materials.md). Stands before the reading of
 * bodies: what comes here is signed by its announced digest, which is compared when the bytes have come.
 */
import { type Request, type RequestHandler, type Response, Router } from 'express'
import { IntakeError } from '../contract/errors.ts'
import type { StoredFile } from '../contract/file-store.ts'
import { fileIdOf } from '../materials/file-id.ts'
import type { Materials } from '../materials/materials.ts'
import { mediaTypeOf } from '../materials/media-types.ts'
import type { NonceGuard } from '../security/nonce-guard.ts'
import { sendFile } from './file-download.ts'
import {
  type Authenticate,
  partnerOf,
  requireSigned,
  requireSignedHead,
  requireUnusedNonce,
} from './partner.ts'
import { answerMethods } from './problem.ts'
import { integerParameter, textParameter } from './query.ts'

export interface FileRouteParts {
  readonly materials: Materials
  readonly authenticate: Authenticate
  readonly nonces: NonceGuard
  /** Fires when the hub stops: what is being sent goes on later where it was cut. */
  readonly stopping: AbortSignal
}

/** Bare, or as the hub itself writes digests: with the algorithm before it. */
const DIGEST = /^(?:sm3:|sha256:)?([0-9a-f]{64})$/

export function fileRoutes(parts: FileRouteParts): Router {
  const { materials, stopping } = parts
  const unused = requireUnusedNonce(parts.nonces)
  const signed: RequestHandler[] = [requireSigned(parts.authenticate), unused]
  const signedHead: RequestHandler[] = [requireSignedHead(parts.authenticate), unused]
  const router = Router()

  router.get('/', signed, async (request: Request, response: Response) => {
    const digest = digestParameter(request)
    if (digest === undefined)
      throw new IntakeError('REQUEST_PARAMETER', 'Give ?digest=<SM3 or SHA-256 of the whole file, hex>.')
    const { received, file } = await materials.uploads.progress({ system: partnerOf(response).id, digest })
    const view = file === undefined ? {} : { file: fileView(file) }
    response.set('upload-offset', String(received)).json({ received, complete: file !== undefined, ...view })
  })

  router.put('/', signedHead, async (request: Request, response: Response) => {
    const system = partnerOf(response).id
    const body = bodyDigestOf(request)
    const pieces = request.query.offset !== undefined
    const length = lengthOf(request, pieces)
    const result = await cutAt(stopping, request, () =>
      materials.uploads.receive({
        system,
        name: nameParameter(request),
        mediaType: typeParameter(request),
        digest: digestParameter(request) ?? (pieces ? missing('digest') : body),
        offset: integerParameter(request, 'offset', {
          least: 0,
          most: Number.MAX_SAFE_INTEGER,
          otherwise: 0,
        }),
        length,
        body: request,
        bodyDigest: body,
        interrupt: () => request.destroy(),
      }),
    )
    if (!result.complete) {
      const { received } = result
      response.status(202).set('upload-offset', String(received)).json({ received, complete: false })
      return
    }
    const { file, repeated } = result
    response
      .status(repeated ? 200 : 201)
      .location(`/v1/files/${file.sm3}`)
      .set('upload-offset', String(file.size))
      .json({ received: file.size, complete: true, file: fileView(file) })
  })

  router.get('/:sm3', ...unlessTicket(signed), (request: Request<{ sm3: string }>, response: Response) =>
    sendFile(parts, request, response),
  )
  router.all('/', answerMethods('GET', 'PUT'))
  router.all('/:sm3', answerMethods('GET'))
  return router
}

/** A ticket carries a seal of its own instead of a signed request. */
function unlessTicket(handlers: readonly RequestHandler[]): RequestHandler[] {
  return handlers.map((handler) => (request, response, next) => {
    if (request.query.signature !== undefined) next()
    else return handler(request, response, next)
  })
}

/** Ends the request when the hub stops, and says in our words that it broke off. */
async function cutAt<T>(stopping: AbortSignal, request: Request, work: () => Promise<T>): Promise<T> {
  const cut = (): void => {
    request.destroy()
  }
  stopping.addEventListener('abort', cut)
  try {
    return await work()
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE')
      throw new IntakeError('FILE_BROKEN_OFF', 'The connection ended before all bytes had come.', {
        cause: error,
      })
    throw error
  } finally {
    stopping.removeEventListener('abort', cut)
  }
}

/** What a sender is told of its own file, ready to be put into its message. */
function fileView({ sm3, sha256, size, uploads }: StoredFile) {
  const [upload] = uploads
  return {
    id: fileIdOf(sm3),
    name: upload?.name,
    mediaType: upload?.mediaType,
    size,
    digest: { algorithm: 'sm3', value: sm3 },
    sha256,
  }
}

function bodyDigestOf(request: Request): string {
  // It was signed, or the request would not have come as far as this.
  return String(request.headers['x-hub-digest']).toLowerCase()
}

function digestParameter(request: Request): string | undefined {
  const given = textParameter(request, 'digest')?.toLowerCase()
  if (given === undefined) return undefined
  const [, digest] = DIGEST.exec(given) ?? []
  if (digest !== undefined) return digest
  throw new IntakeError(
    'REQUEST_PARAMETER',
    'digest: give the SM3 or the SHA-256 of the whole file: 64 hex digits, sm3: or sha256: before them or not.',
  )
}

/** Of the whole: said in the query where the file comes in pieces; otherwise the body's own, where it says one. */
function lengthOf(request: Request, pieces: boolean): number | undefined {
  if (pieces && request.query.length === undefined) missing('length')
  const header = request.get('content-length')
  const otherwise = pieces || header === undefined ? -1 : Number(header)
  const length = integerParameter(request, 'length', { least: 0, most: Number.MAX_SAFE_INTEGER, otherwise })
  return length === -1 ? undefined : length
}

function missing(name: string): never {
  throw new IntakeError('REQUEST_PARAMETER', `A file that comes in pieces needs ?${name}= of the whole file.`)
}

/** A name, not a path: it may become the name of a file at a receiver. */
function nameParameter(request: Request): string {
  const { name } = request.query
  const ok = typeof name === 'string' && name.trim() !== '' && name.length <= 255 && name.isWellFormed()
  if (ok && !/[\p{Cc}/\\]/u.test(name)) return name
  throw new IntakeError(
    'REQUEST_PARAMETER',
    'name: give the name of the file, 1 to 255 characters, without / and \\.',
  )
}

function typeParameter(request: Request): string {
  const { type } = request.query
  const mediaType = typeof type === 'string' ? mediaTypeOf(type) : undefined
  if (mediaType !== undefined) return mediaType
  throw new IntakeError(
    'REQUEST_PARAMETER',
    'type: give the media type of the file, such as application/pdf.',
  )
}
