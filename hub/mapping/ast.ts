/** The part of the `jsonata` package's syntax tree that lineage and the package checks read. */
export interface AstNode {
  readonly type: string
  readonly value?: unknown
  /** Characters from the start of the source to the end of the node's token. */
  readonly position?: number
  readonly steps?: readonly AstNode[]
  readonly stages?: readonly AstNode[]
  readonly predicate?: readonly AstNode[]
  readonly group?: { readonly lhs: readonly (readonly [AstNode, AstNode])[] }
  readonly keepArray?: boolean
  readonly keepSingletonArray?: boolean
  readonly expressions?: readonly AstNode[]
  readonly expression?: AstNode
  readonly lhs?: AstNode | readonly (readonly [AstNode, AstNode])[]
  readonly rhs?: AstNode
  readonly condition?: AstNode
  readonly then?: AstNode
  readonly else?: AstNode
  readonly arguments?: readonly AstNode[]
  readonly procedure?: AstNode
  readonly body?: AstNode
  /** A lambda that only delays a call in tail position. */
  readonly thunk?: boolean
  readonly expr?: AstNode
  readonly terms?: readonly { readonly expression: AstNode }[]
  readonly pattern?: AstNode
  readonly update?: AstNode
  readonly delete?: AstNode
}

/** Pairs of an object constructor. */
export function pairsOf(node: AstNode): readonly (readonly [AstNode, AstNode])[] {
  return Array.isArray(node.lhs) ? node.lhs : []
}

/** Every node of a tree, parents first. */
export function* walk(node: unknown): Generator<AstNode> {
  if (Array.isArray(node)) {
    for (const child of node) yield* walk(child)
  } else if (typeof node === 'object' && node !== null && !(node instanceof RegExp)) {
    if (typeof (node as AstNode).type === 'string') yield node as AstNode
    for (const child of Object.values(node)) yield* walk(child)
  }
}
