/** What the stages of a run at system calls have in common. */
import type { Point } from './tracer.ts'

export interface Outcome {
  /** The fault came about; a run may take a call or two less than the one that was counted. */
  readonly reached: boolean
  /** Messages that were acknowledged. */
  readonly accepted: number
  /** Of them, those that the file did not hold afterwards. */
  readonly lost: number
  /** What is wrong; empty where the hub survived. */
  readonly words: readonly string[]
}

/** A short piece of a hub's life that can be run again and again, with one fault at one call. */
export interface Stage {
  readonly name: string
  /**
   * @param point absent: nothing goes wrong
   * @param log where the tracer writes what it saw
   */
  run(point: Point | undefined, log: string): Promise<Outcome>
}
