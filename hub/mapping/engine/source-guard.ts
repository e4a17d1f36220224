/**
 * Looks at a source before the parser does. The parser recurses on nesting and copies the left side of each `??` and
 * `?:`, so that a short text can cost it all memory: `((((a??b)??c)??d)…`.
 */
import { MAX_SOURCE_LENGTH } from './limits.ts'

export interface SourceFault {
  readonly code: 'MAPPING_TOO_DEEP' | 'MAPPING_PROFILE'
  readonly offset: number
  readonly message: string
}

const MAX_NESTING = 150
/** Tokens in the tree after the parser's copying. */
const MAX_TREE = 200_000

interface Group {
  /** Tokens before the operand that is being read. */
  settled: number
  /** Tokens of the operand that a `??` at this place would copy. */
  operand: number
}

/** The reason why the parser must not see this source, or undefined. Linear in the length of the source. */
export function guardSource(source: string): SourceFault | undefined {
  if (source.length > MAX_SOURCE_LENGTH) {
    return fault('MAPPING_PROFILE', 0, `The expression is longer than ${MAX_SOURCE_LENGTH} characters`)
  }
  const groups: Group[] = [{ settled: 0, operand: 0 }]
  let isOperand = false
  // Operators that make the parser recurse to their right without a bracket.
  let recursions = 0
  for (let at = 0; at < source.length; at++) {
    const group = groups[groups.length - 1] as Group
    const char = source[at] as string
    const two = source.slice(at, at + 2)
    if (' \t\n\r\v'.includes(char)) continue
    if (two === '/*') {
      const end = source.indexOf('*/', at + 2)
      if (end === -1) return undefined
      at = end + 1
      continue
    }
    if (char === '"' || char === "'" || char === '`') {
      at = endOfString(source, at)
      group.operand++
      isOperand = true
    } else if (char === '/' && !isOperand) {
      at = endOfRegex(source, at)
      group.operand++
      isOperand = true
    } else if ('([{'.includes(char)) {
      groups.push({ settled: 0, operand: 1 })
      isOperand = false
      if (groups.length > MAX_NESTING) {
        return fault('MAPPING_TOO_DEEP', at, `The expression nests more than ${MAX_NESTING} brackets`)
      }
    } else if (')]}'.includes(char)) {
      if (groups.length > 1) groups.pop()
      ;(groups[groups.length - 1] as Group).operand += group.settled + group.operand
      isOperand = true
    } else if (two === '??' || two === '?:') {
      group.settled += group.operand * 2
      group.operand = 1
      at++
      recursions++
      isOperand = false
    } else if (',;:?|'.includes(char)) {
      group.settled += group.operand
      group.operand = 1
      if (char === '?' || char === ':') recursions++
      if (char === ';' || char === ',') recursions = 0
      isOperand = false
    } else if (/[\w$\u0080-\uffff]/.test(char)) {
      while (at + 1 < source.length && /[\w$\u0080-\uffff]/.test(source[at + 1] as string)) at++
      group.operand++
      isOperand = true
    } else {
      group.operand++
      if (char === '-' && !isOperand) recursions++
      isOperand = char === '*' || char === '%' ? !isOperand : false
    }
    const open = groups[groups.length - 1] as Group
    if (open.settled + open.operand > MAX_TREE) {
      return fault(
        'MAPPING_TOO_DEEP',
        at,
        'Nested ?? and ?: make the expression too large; bind the inner part to a variable',
      )
    }
    if (recursions > MAX_CHAIN) {
      return fault(
        'MAPPING_TOO_DEEP',
        at,
        `More than ${MAX_CHAIN} operators hang on one another without a bracket`,
      )
    }
  }
  return undefined
}

const MAX_CHAIN = 500

function fault(code: SourceFault['code'], offset: number, message: string): SourceFault {
  return { code, offset, message }
}

function endOfString(source: string, start: number): number {
  const quote = source[start] as string
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\' && quote !== '`') at++
    else if (source[at] === quote) return at
  }
  return source.length
}

function endOfRegex(source: string, start: number): number {
  let depth = 0
  for (let at = start + 1; at < source.length; at++) {
    const char = source[at] as string
    if (char === '\\') at++
    else if ('([{'.includes(char)) depth++
    else if (')]}'.includes(char)) depth--
    else if (char === '/' && depth === 0) return at
  }
  return source.length
}
