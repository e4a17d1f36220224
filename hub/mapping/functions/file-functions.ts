import { FaultMarker, type Refusals } from '../fault-marker.ts'
import { type HubFunction, isAbsent, refuse } from './hub-function.ts'

/** How numbers of the hub's own files begin (hub/materials/file-id.ts); all others are the sender's business. */
const OURS = 'hub-file:'

/**
 * Files as a receiver wants them, by the number in a file reference. Nothing for nothing, and nothing for the number of a file
 * elsewhere, which is passed on as it is. `format.yaml` says which of the two a format uses (`materials.as`); the other is refused
 * (`FIELD_VALUE`), so that nobody gets a document without the files it should have.
 *
 * - `$fileUrl(id)`: a ticket, the address under which the receiver fetches the file, good for an hour.
 * - `$fileBase64(id)`: the content in base64 (RFC 4648 §4).
 */
export function fileFunctions(nullWords: ReadonlySet<string>): readonly HubFunction[] {
  const given = (name: string, kind: 'url' | 'base64'): HubFunction => ({
    name,
    apply([value], call) {
      if (value instanceof FaultMarker) return value
      if (isAbsent(value, nullWords) || typeof value !== 'string' || !value.startsWith(OURS)) return undefined
      const { files } = (call.environment.context ?? {}) as Partial<Refusals>
      const text = files?.[kind]?.(value)
      if (text !== undefined) return text
      return refuse(call, {
        code: 'FIELD_VALUE',
        reason: {
          zh: `format.yaml 未声明 materials: { as: ${kind} }，无法给出文件`,
          en: `format.yaml does not say materials: { as: ${kind} }, so there is no such form of the file`,
        },
        facts: { expected: `materials: { as: ${kind} }` },
      })
    },
  })
  return [given('fileUrl', 'url'), given('fileBase64', 'base64')]
}
