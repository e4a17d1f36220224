/** From a sender's bytes to a draft in the canonical vocabulary: decode, recognise, map. Nothing is judged here but form. */
import { createHash } from 'node:crypto'
import type { System } from '../config/topology.ts'
import { type Fault, IntakeError, MappingError } from '../contract/errors.ts'
import { isMessageType, sideOf } from '../contract/message.ts'
import type { NonceUse, RawMessage } from '../contract/store.ts'
import type { Draft, FormatPackage, InboundMapping } from '../mapping/format-package.ts'

/** A request as it came in: authenticated, not read. */
export interface Received {
  readonly sender: System
  readonly bytes: Uint8Array
  /** As declared, parameters included. */
  readonly contentType: string
  /** The sender's `Idempotency-Key`, where it gave one. */
  readonly idempotencyKey: string | undefined
  /** W3C trace context of the request. */
  readonly traceparent: string | undefined
  /** Of a signed request; used up with what it writes. */
  readonly nonce?: NonceUse
}

export interface MappedIn {
  readonly received: Received
  readonly raw: RawMessage
  /** The charset that the document declares of itself, where it was read as another (`Decoded`). */
  readonly otherwiseDeclared?: string
  /** SM3 of the bytes, hex. */
  readonly digest: string
  readonly mapping: InboundMapping
  readonly draft: Draft
  /** What hub functions refused while mapping: unmapped codes, impossible dates. */
  readonly faults: readonly Fault[]
}

/**
 * @throws IntakeError REQUEST_* where the bytes cannot be read, MESSAGE_KIND_UNKNOWN where the package does not know the
 * message, MAPPING_FAILED where its expression broke on this document.
 */
export async function mapIn(received: Received, format: FormatPackage, nowMs: number): Promise<MappedIn> {
  const { sender, bytes, contentType } = received
  const { document, declaredCharset, charset, otherwiseDeclared } = format.decode(bytes, contentType)
  const name = format.identify(document)
  const mapping = name === undefined ? undefined : format.inbound.get(name)
  if (mapping === undefined) throw unknownKind(name, format)
  const { draft, faults } = await evaluate(mapping, document, sender, nowMs, format)
  return {
    received,
    raw: { bytes, contentType, declaredCharset, detectedCharset: charset },
    ...(otherwiseDeclared === undefined ? {} : { otherwiseDeclared }),
    digest: createHash('sm3').update(bytes).digest('hex'),
    mapping,
    draft,
    faults,
  }
}

async function evaluate(
  mapping: InboundMapping,
  document: unknown,
  sender: System,
  nowMs: number,
  format: FormatPackage,
): ReturnType<InboundMapping['map']> {
  try {
    return await mapping.map(document, { nowMs, sender: { id: sender.id, region: sender.region } })
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    throw new IntakeError(
      'MAPPING_FAILED',
      `in/${mapping.name}.jsonata of ${format.id} ${format.version}: ${error.message}`,
      {
        details: {
          mapping: `${format.id}/in/${mapping.name}.jsonata`,
          version: format.version,
          ...error.details,
        },
        cause: error,
      },
    )
  }
}

function unknownKind(name: string | undefined, format: FormatPackage): IntakeError {
  const known = [...format.inbound.values()]
    .filter(({ type }) => isMessageType(type) && sideOf(type) !== 'hub')
    .map((mapping) => ({ name: mapping.name, type: mapping.type }))
  return new IntakeError(
    'MESSAGE_KIND_UNKNOWN',
    name === undefined
      ? `The format ${format.id} does not recognise this document as one of its messages.`
      : `The format ${format.id} has no message ${name.slice(0, 50)}.`,
    { details: { known } },
  )
}
