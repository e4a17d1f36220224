/** What a preview asks of its child process, and what comes back: one JSON text each way. */
import type { ConfigFault, Fault } from '../../contract/errors.ts'
import type { PackageFolders } from '../registry/package-source.ts'

export interface PreviewRequest extends PackageFolders {
  readonly format: string
  readonly direction: 'in' | 'out'
  /** The partner's name of the message for `in`, the message type for `out`. */
  readonly message: string
  /** Text of the input file: JSON, or for `in` what the partner sends. */
  readonly input: string
  /** What `$now()` answers, epoch milliseconds. */
  readonly nowMs: number
  /** `$sender` or `$receiver`. */
  readonly system: { readonly id: string; readonly region: string }
}

export type PreviewResult =
  /** The mapping ran: what it made, what it refused, and what the target's schema says of the output. */
  | {
      readonly kind: 'mapped'
      readonly version: string
      readonly output?: unknown
      /** The output as it is sent, where that is not JSON. */
      readonly sent?: string
      readonly faults: readonly Fault[]
      readonly misfits: readonly string[]
      /** What the source's schema says of the input. */
      readonly inputMisfits: readonly string[]
    }
  /** The package does not load. */
  | { readonly kind: 'unsound'; readonly faults: readonly ConfigFault[] }
  /** The input cannot be read, there is no such message, or the expression failed. */
  | { readonly kind: 'failed'; readonly words: string }
