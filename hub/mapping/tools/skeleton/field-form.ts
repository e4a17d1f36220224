/** With which hub function a field is read, by what the canonical schema says of it. */
import type { Field } from '../../../canonical/field-tree.ts'
import type { TimeShape } from '../../time-shape.ts'
import { shapeOf } from './propose.ts'
import type { SampleNode } from './sample-tree.ts'

export type FieldForm =
  | { readonly kind: 'code' }
  | { readonly kind: 'time'; readonly reader: 'readTime' | 'readDate'; readonly shape: TimeShape }
  | { readonly kind: 'call'; readonly name: string }

/** Functions by the format of the canonical field. */
const READERS: Readonly<Record<string, string>> = {
  mobile: 'mobile',
  'region-code': 'region6',
  'credit-code': 'creditCode',
  'resident-id': 'residentId',
}

export function formKind({ schema }: Field, sample: SampleNode): FieldForm {
  if (schema.enum !== undefined || schema.type === 'boolean') return { kind: 'code' }
  if (schema.format === 'beijing-date-time' || schema.format === 'calendar-date') {
    const reader = schema.format === 'calendar-date' ? 'readDate' : 'readTime'
    // Where the sample shows none, the commonest shape is a guess like any other.
    const shape = (sample.kind === 'leaf' ? shapeOf(sample.values) : undefined) ?? 'yyyy-MM-dd HH:mm:ss'
    return { kind: 'time', reader, shape }
  }
  if (schema.type === 'integer') return { kind: 'call', name: 'integer' }
  return { kind: 'call', name: READERS[schema.format ?? ''] ?? 'present' }
}
