import { positionAt } from './position.ts'

/** How often one branch of an expression was taken. */
export interface BranchCount {
  readonly kind: 'condition-then' | 'condition-else' | 'default'
  readonly offset: number
  readonly line: number
  readonly column: number
  readonly hits: number
}

/** The branch counters of one compiled expression. */
export class BranchCounter {
  readonly #source: string
  readonly #branches: { readonly kind: BranchCount['kind']; readonly offset: number }[] = []
  readonly hits: number[] = []

  constructor(source: string) {
    this.#source = source
  }

  /** The index of the counter for this branch; the same for the same branch, however often it is compiled. */
  add(kind: BranchCount['kind'], offset: number): number {
    const known = this.#branches.findIndex((branch) => branch.kind === kind && branch.offset === offset)
    if (known !== -1) return known
    this.hits.push(0)
    return this.#branches.push({ kind, offset }) - 1
  }

  counts(): BranchCount[] {
    return this.#branches.map(({ kind, offset }, index) => ({
      kind,
      offset,
      ...positionAt(this.#source, offset),
      hits: this.hits[index] ?? 0,
    }))
  }
}
