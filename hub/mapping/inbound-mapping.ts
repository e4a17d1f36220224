/** Partner → canonical: evaluates `in/<name>.jsonata` and turns what hub functions refused into faults. */
import { type Fault, MappingError } from '../contract/errors.ts'
import type { MessageType } from '../contract/message.ts'
import type { Expression } from './expression.ts'
import { type FaultMarker, type Harvest, harvest, pointerOf, type Refusals } from './fault-marker.ts'
import type { Draft, InboundMapping } from './format-package.ts'
import { isAbsent } from './functions/hub-function.ts'
import type { Lineage } from './lineage.ts'

/**
 * The texts of the envelope, and how many characters each may have: a case number what the national tables have for it
 * (办件编号, an..50), a message id as much as an `Idempotency-Key`.
 */
const TEXT_PARTS = [
  ['externalId', 200],
  ['dataVersion', 50],
  ['caseNo', 50],
  ['caseExternalId', 50],
  ['time', 50],
] as const

export function inboundMapping(
  name: string,
  type: MessageType,
  expression: Expression,
  lineage: Lineage,
  nullWords: ReadonlySet<string>,
): InboundMapping {
  return {
    name,
    type,
    sourceOf: (pointer) => lineage.sourceOf(`/data${pointer}`),
    async map(document, { nowMs, sender }) {
      const refusals: Refusals = { markers: [] }
      let output: unknown
      try {
        output = expression.evaluate(document, { nowMs, bindings: { sender }, context: refusals })
      } catch (error) {
        // An operator tripped over the marker of a refused value: the refusal is what the sender can act on.
        if (refusals.markers.length === 0) throw error
        return { draft: { data: undefined }, faults: faultsOf([], refusals.markers, lineage, document) }
      }
      const { value, found } = refusals.markers.length === 0 ? { value: output, found: [] } : harvest(output)
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new MappingError(
          'MAPPING_FAILED',
          `${expression.source.file} made no object for this document.`,
          {
            details: { file: expression.source.file },
          },
        )
      }
      const faults = faultsOf(found, refusals.markers, lineage, document)
      const made = value as Record<string, unknown>
      const draft: Record<string, unknown> = { data: made.data }
      for (const [part, limit] of TEXT_PARTS) {
        const text = made[part]
        if (isAbsent(text, nullWords)) continue
        const source = lineage.sourceOf(`/${part}`, document)
        if (typeof text !== 'string' && typeof text !== 'number') faults.push(notText(source))
        else if (isLongerThan(String(text).trim(), limit)) faults.push(tooLong(source, limit))
        else draft[part] = String(text).trim()
      }
      return { draft: draft as unknown as Draft, faults }
    },
  }
}

function faultsOf(
  found: Harvest['found'],
  markers: readonly FaultMarker[],
  lineage: Lineage,
  document: unknown,
): Fault[] {
  const faults: Fault[] = []
  const placed = new Set<FaultMarker>()
  for (const { marker, path } of found) {
    placed.add(marker)
    const source = lineage.sourceOf(pointerOf(path), document)
    faults.push({
      ...marker.fault,
      ...(path[0] === 'data' ? { pointer: pointerOf(path.slice(1)) } : {}),
      ...(source === undefined ? {} : { source }),
    })
  }
  for (const marker of markers) {
    if (placed.has(marker)) continue
    const source = lineage.sourceOfCall(marker.offset, document)
    faults.push({ ...marker.fault, ...(source === undefined ? {} : { source }) })
  }
  // The same field read twice, once for the data and once for the envelope or a condition, is one fault.
  return faults.filter(
    (fault, index) =>
      !faults.some(
        (other, at) =>
          other.code === fault.code &&
          other.source === fault.source &&
          (other.pointer === fault.pointer ? at < index : fault.pointer === undefined),
      ),
  )
}

/** In characters, as the schemas count: one outside the basic plane is two units of the string. */
function isLongerThan(text: string, limit: number): boolean {
  return text.length > limit && (text.length > 2 * limit || [...text].length > limit)
}

function tooLong(source: string | undefined, limit: number): Fault {
  return {
    code: 'FIELD_LENGTH',
    ...(source === undefined ? {} : { source }),
    reason: {
      zh: `编号最长 ${limit} 个字符`,
      en: `an id or number takes ${limit} characters at most`,
    },
    facts: { limit },
  }
}

function notText(source: string | undefined): Fault {
  return {
    code: 'FIELD_TYPE',
    ...(source === undefined ? {} : { source }),
    reason: { zh: '应为文本', en: 'Text is expected' },
  }
}
