/** A typed view of the syntax tree that the `jsonata` package's parser gives: the only part of it used at run time. */

/** Fields that any node may carry. */
interface NodeBase {
  /** Characters from the start of the source to the end of the node's token. */
  readonly position?: number
  /** Filters after an expression that is not a path step. */
  readonly predicate?: readonly FilterStage[]
  /** Filters after a path step. */
  readonly stages?: readonly FilterStage[]
  /** `{..}` after an expression: group its items. */
  readonly group?: GroupClause
  /** `[]` after an expression: keep an array of one. */
  readonly keepArray?: boolean
  /** Tuple streams (`@`, `#`, `%`): outside the profile. */
  readonly tuple?: boolean
  readonly focus?: string
  readonly index?: string
}

export interface FilterStage {
  readonly type: 'filter' | 'index'
  readonly expr: ExprNode
  readonly position: number
}

export interface GroupClause {
  readonly lhs: readonly (readonly [ExprNode, ExprNode])[]
  readonly position: number
}

export interface PathNode extends NodeBase {
  readonly type: 'path'
  readonly steps: readonly ExprNode[]
  readonly keepSingletonArray?: boolean
}
export interface NameNode extends NodeBase {
  readonly type: 'name'
  readonly value: string
}
export interface LiteralNode extends NodeBase {
  readonly type: 'string' | 'number' | 'value'
  readonly value: string | number | boolean | null
}
export interface VariableNode extends NodeBase {
  readonly type: 'variable'
  /** Without the dollar sign; empty for `$`, a dollar for `$$`. */
  readonly value: string
}
export interface RegexNode extends NodeBase {
  readonly type: 'regex'
  readonly value: RegExp
}
export interface SimpleNode extends NodeBase {
  readonly type: 'wildcard' | 'descendant' | 'parent' | 'operator'
  readonly value?: string
}
export interface BinaryNode extends NodeBase {
  readonly type: 'binary'
  readonly value: string
  readonly lhs: ExprNode
  readonly rhs: ExprNode
}
export interface ArrayNode extends NodeBase {
  readonly type: 'unary'
  readonly value: '['
  readonly expressions: readonly ExprNode[]
  /** Stands first or last in a path, so that it is not flattened. */
  readonly consarray?: boolean
}
export interface ObjectNode extends NodeBase {
  readonly type: 'unary'
  readonly value: '{'
  readonly lhs: readonly (readonly [ExprNode, ExprNode])[]
}
export interface MinusNode extends NodeBase {
  readonly type: 'unary'
  readonly value: '-'
  readonly expression: ExprNode
}
export interface ConditionNode extends NodeBase {
  readonly type: 'condition'
  readonly condition: ExprNode
  readonly then: ExprNode
  readonly else?: ExprNode
}
export interface BlockNode extends NodeBase {
  readonly type: 'block'
  readonly expressions: readonly ExprNode[]
  readonly consarray?: boolean
}
export interface BindNode extends NodeBase {
  readonly type: 'bind'
  readonly lhs: VariableNode
  readonly rhs: ExprNode
}
export interface CallNode extends NodeBase {
  readonly type: 'function' | 'partial'
  readonly procedure: ExprNode
  readonly arguments: readonly ExprNode[]
}
export interface LambdaNode extends NodeBase {
  readonly type: 'lambda'
  readonly arguments: readonly VariableNode[]
  readonly signature?: { readonly definition: string }
  readonly body: ExprNode
  /** Not a lambda of the author's but a call in tail position. */
  readonly thunk?: boolean
}
export interface ApplyNode extends NodeBase {
  readonly type: 'apply'
  readonly lhs: ExprNode
  readonly rhs: ExprNode
}
export interface TransformNode extends NodeBase {
  readonly type: 'transform'
  readonly pattern: ExprNode
  readonly update: ExprNode
  readonly delete?: ExprNode
}
export interface SortNode extends NodeBase {
  readonly type: 'sort'
  readonly terms: readonly { readonly descending: boolean; readonly expression: ExprNode }[]
}

/** Any node of an expression. */
export type ExprNode =
  | PathNode
  | NameNode
  | LiteralNode
  | VariableNode
  | RegexNode
  | SimpleNode
  | BinaryNode
  | ArrayNode
  | ObjectNode
  | MinusNode
  | ConditionNode
  | BlockNode
  | BindNode
  | CallNode
  | LambdaNode
  | ApplyNode
  | TransformNode
  | SortNode

/** The nodes directly inside `node`, in the order in which they are written. */
export function childrenOf(node: ExprNode): ExprNode[] {
  const children: ExprNode[] = []
  switch (node.type) {
    case 'path':
      children.push(...node.steps)
      break
    case 'binary':
    case 'apply':
      children.push(node.lhs, node.rhs)
      break
    case 'bind':
      children.push(node.rhs)
      break
    case 'unary':
      if (node.value === '[') children.push(...node.expressions)
      else if (node.value === '{') children.push(...node.lhs.flat())
      else children.push(node.expression)
      break
    case 'condition':
      children.push(node.condition, node.then)
      if (node.else !== undefined) children.push(node.else)
      break
    case 'block':
      children.push(...node.expressions)
      break
    case 'function':
    case 'partial':
      children.push(node.procedure, ...node.arguments)
      break
    case 'lambda':
      children.push(node.body)
      break
    case 'transform':
      children.push(node.pattern, node.update)
      if (node.delete !== undefined) children.push(node.delete)
      break
    case 'sort':
      children.push(...node.terms.map((term) => term.expression))
      break
    default:
      break
  }
  for (const stage of [...(node.predicate ?? []), ...(node.stages ?? [])]) {
    if (stage.type === 'filter') children.push(stage.expr)
  }
  if (node.group !== undefined) children.push(...node.group.lhs.flat())
  return children
}

/** Where the node's own token starts: the parser gives where it ends. */
export function offsetOf(node: ExprNode): number {
  const end = node.position ?? 0
  switch (node.type) {
    case 'name':
    case 'wildcard':
    case 'descendant':
    case 'binary':
      return Math.max(0, end - String(node.value).length)
    case 'variable':
      return Math.max(0, end - node.value.length - 1)
    case 'regex':
      // The parser adds a g to the flags.
      return Math.max(0, end - String(node.value).length + 1)
    case 'function':
    case 'partial':
      return node.procedure.type === 'block' || node.procedure.position === undefined
        ? pathOffset(node.procedure, end)
        : offsetOf(node.procedure)
    case 'path':
      return pathOffset(node, end)
    case 'condition':
      // `a ?? b` has a made-up condition without a place.
      return offsetOf(node.condition.position === undefined ? node.then : node.condition)
    case 'bind':
      return offsetOf(node.lhs)
    case 'apply':
      return Math.max(0, end - 2)
    default:
      return Math.max(0, end - 1)
  }
}

function pathOffset(node: ExprNode, end: number): number {
  const first = node.type === 'path' ? node.steps[0] : undefined
  return first === undefined ? Math.max(0, end - 1) : offsetOf(first)
}
