/** Canonical → partner: evaluates `out/<type>.jsonata`; a code or value without counterpart stops the message, never a default. */
import { type Fault, MappingError } from '../contract/errors.ts'
import type { MessageType } from '../contract/message.ts'
import type { Expression } from './expression.ts'
import { harvest, pointerOf, type Refusals } from './fault-marker.ts'
import type { OutboundMapping } from './format-package.ts'
import { type Hints, hintsOf } from './hints.ts'
import type { Lineage } from './lineage.ts'

export function outboundMapping(
  type: MessageType,
  hints: Hints,
  expression: Expression,
  lineage: Lineage,
): OutboundMapping {
  const { file } = expression.source
  return {
    type,
    hints: hints.written,
    hintsOf: (message, context) => hintsOf(hints, message, context),
    async map(message, context) {
      const refusals: Refusals = { markers: [], files: context.files ?? {} }
      const bindings = { receiver: context.receiver, case: context.case }
      let output: unknown
      let failure: unknown
      try {
        output = expression.evaluate(message, { nowMs: context.nowMs, bindings, context: refusals })
      } catch (error) {
        if (refusals.markers.length === 0) throw error
        failure = error
      }
      if (refusals.markers.length > 0)
        throw refused(file, faultsOf(output, refusals, lineage, message), failure)
      if (output === undefined) {
        throw new MappingError('MAPPING_FAILED', `${file} made no document of this message.`, {
          details: { file },
        })
      }
      return output
    },
  }
}

/** Pointers are into the canonical data, `facts.target` is the place in the receiver's document. */
function faultsOf(
  output: unknown,
  { markers }: Refusals,
  lineage: Lineage,
  message: unknown,
): readonly Fault[] {
  const places = new Map(harvest(output).found.map(({ marker, path }) => [marker, pointerOf(path)]))
  return markers.map((marker) => {
    const target = places.get(marker)
    const source =
      target === undefined ? lineage.sourceOfCall(marker.offset, message) : lineage.sourceOf(target, message)
    const pointer = source === undefined ? undefined : dataPointer(source)
    return {
      ...marker.fault,
      ...(pointer === undefined ? {} : { pointer }),
      facts: { ...marker.fault.facts, ...(target === undefined ? {} : { target }) },
    }
  })
}

function refused(file: string, faults: readonly Fault[], cause: unknown): MappingError {
  const unmapped = faults.every(({ code }) => code === 'CODE_UNMAPPED')
  const places = faults.map(({ pointer, code, facts }) => `${code} ${pointer ?? String(facts?.target ?? '')}`)
  return new MappingError(
    unmapped ? 'MAPPING_CODE_UNMAPPED' : 'MAPPING_VALUE_REFUSED',
    `${file}: ${faults.length} value(s) without counterpart: ${[...new Set(places)].join(', ')}.`,
    { details: { file, faults }, cause },
  )
}

/** `data.applicant.certificate.type` → `/applicant/certificate/type`; undefined for paths outside the data. */
function dataPointer(source: string): string | undefined {
  const steps = [...source.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map((match) => match[1] ?? match[2] ?? '')
  return steps[0] === 'data' && !source.includes('[]') ? pointerOf(steps.slice(1)) : undefined
}
