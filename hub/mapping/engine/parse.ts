import jsonata from 'jsonata'
import { childrenOf, type ExprNode } from './ast.ts'
import { ExpressionError } from './expression-error.ts'
import { guardSource } from './source-guard.ts'

/**
 * The syntax tree of an expression.
 * @throws ExpressionError with the parser's code (S0201…), or MAPPING_TOO_DEEP and MAPPING_PROFILE for a source that
 *   the parser could not take without harm
 */
export function parse(source: string, file?: string): ExprNode {
  const fault = guardSource(source)
  if (fault !== undefined) throw new ExpressionError({ ...fault, source, file })
  let ast: ExprNode
  try {
    ast = jsonata(source).ast() as unknown as ExprNode
  } catch (cause) {
    throw asExpressionError(cause, source, file)
  }
  restoreRegexes(ast)
  return ast
}

interface ParserFault {
  readonly code?: string
  readonly position?: number
  readonly message?: string
  readonly token?: unknown
  readonly value?: unknown
}

function asExpressionError(cause: unknown, source: string, file: string | undefined): ExpressionError {
  if (cause instanceof RangeError) {
    return new ExpressionError({ code: 'MAPPING_TOO_DEEP', offset: 0, source, file, cause })
  }
  if (cause instanceof SyntaxError) {
    // The parser hands a regular expression to RegExp without looking at it.
    const message = cause.message
    return new ExpressionError({ code: 'MAPPING_PROFILE', offset: -1, source, file, message, cause })
  }
  const { code, position, message, token, value } = cause as ParserFault
  return new ExpressionError({
    code: code ?? 'S0201',
    offset: position ?? 0,
    source,
    file,
    message,
    value: value ?? token,
    cause: cause instanceof Error ? cause : undefined,
  })
}

/**
 * The parser copies the left side of `??` and `?:` by way of JSON, which turns regular expressions into `{}`. The
 * original is still in the tree, at the same position of the source: it is put back.
 */
function restoreRegexes(ast: ExprNode): void {
  const originals = new Map<number, RegExp>()
  const broken: { value: unknown; position: number }[] = []
  const pending: ExprNode[] = [ast]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type === 'regex') {
      const position = node.position ?? -1
      if (node.value instanceof RegExp) originals.set(position, node.value)
      else broken.push(node as unknown as { value: unknown; position: number })
    }
    pending.push(...childrenOf(node))
  }
  for (const node of broken) node.value = originals.get(node.position)
}
