/** Where an expression's parts stand in its text: the syntax tree only tells where some tokens end. */
import { childrenOf, type ExprNode, offsetOf } from '../../engine/ast.ts'

/** Where the node's own token starts. */
export function tokenStart(node: ExprNode, text: string): number {
  const end = node.position ?? 0
  if (node.type === 'string') return openingQuote(text, end)
  if (node.type === 'value') return Math.max(0, end - String(node.value).length)
  if (node.type === 'number') return numberStart(text, end)
  return offsetOf(node)
}

/** Where the first token inside the node starts. */
export function startOf(node: ExprNode, text: string): number {
  return Math.min(...placed(node).map((one) => tokenStart(one, text)), text.length)
}

/** The text of the node, with its closing brackets, on one line; shortened in the middle where it is long. */
export function textOf(node: ExprNode, text: string): string {
  const nodes = placed(node)
  const start = startOf(node, text)
  let end = Math.max(start, ...nodes.map((one) => one.position ?? 0))
  const open: string[] = []
  for (const character of withoutStrings(text.slice(start, end))) {
    if ('([{'.includes(character)) open.push(character)
    else if (')]}'.includes(character)) open.pop()
  }
  while (open.length > 0 && end < text.length) {
    const character = text[end++] as string
    if ('([{'.includes(character)) open.push(character)
    else if (')]}'.includes(character)) open.pop()
  }
  const line = text.slice(start, end).replace(/\s+/g, ' ')
  return line.length <= MAX_TEXT ? line : `${line.slice(0, MAX_TEXT - 1)}…`
}

const MAX_TEXT = 80

function placed(node: ExprNode): ExprNode[] {
  const nodes = [node, ...childrenOf(node).flatMap(placed)]
  return nodes.filter(({ position }) => position !== undefined)
}

function openingQuote(text: string, end: number): number {
  const quote = text[end - 1]
  for (let at = end - 2; at >= 0; at--) {
    if (text[at] !== quote) continue
    let slashes = 0
    while (text[at - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return at
  }
  return Math.max(0, end - 1)
}

function numberStart(text: string, end: number): number {
  const digits = /[\d.eE+]*$/.exec(text.slice(0, end))?.[0].length ?? 1
  return end - Math.max(1, digits)
}

function withoutStrings(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '')
}
