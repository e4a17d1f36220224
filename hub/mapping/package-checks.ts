/** Mistakes in an expression that the engine would only meet at run time, or never: found on the syntax tree at load. */
import type { ConfigFault } from '../contract/errors.ts'
import { type AstNode, walk } from './ast.ts'
import type { Expression } from './expression.ts'
import type { CodesDeclaration } from './format-declaration.ts'
import { isTimeShape, TIME_SHAPES } from './time-shape.ts'

const TIME_FUNCTIONS = new Set(['readTime', 'readDate', 'writeTime', 'writeDate'])
const TABLE_FUNCTIONS: Readonly<Record<string, 'in' | 'out'>> = { toCanonical: 'in', toPartner: 'out' }

/**
 * Code tables that do not exist or are not declared for that direction, date shapes that do not exist, and variables
 * that nothing binds: the language would take those for "no value" without a word.
 *
 * @param known functions and variables that are bound from outside
 */
export function checkExpression(
  { ast, source }: Pick<Expression, 'ast' | 'source'>,
  codes: Readonly<Record<string, CodesDeclaration>>,
  known: ReadonlySet<string>,
): readonly ConfigFault[] {
  const faults: ConfigFault[] = []
  const report = (node: AstNode, code: string, reason: string, remedy: string): void => {
    const { file, line, column } = source.locate((node.position ?? 1) - 1)
    faults.push({ file, path: '', code, reason: `Line ${line}, column ${column}: ${reason}`, remedy })
  }

  const nodes = [...walk(ast)]
  const bound = new Set(known)
  for (const node of nodes) {
    if (node.type === 'bind') bound.add(String((node.lhs as AstNode).value))
    if (node.type === 'lambda')
      for (const parameter of node.arguments ?? []) bound.add(String(parameter.value))
  }
  const piped = new Set(nodes.filter(({ type }) => type === 'apply').map(({ rhs }) => rhs))

  for (const node of nodes) {
    if (node.type === 'variable') {
      const name = String(node.value)
      if (name !== '' && name !== '$' && !bound.has(name)) {
        report(node, 'FORMAT_VARIABLE', `Nothing is called $${name}.`, 'Correct the name, or bind it before.')
      }
    }
    if (node.type !== 'function' || node.procedure?.type !== 'variable') continue
    const name = String(node.procedure.value)
    const args = piped.has(node) ? [undefined, ...(node.arguments ?? [])] : (node.arguments ?? [])
    const direction = TABLE_FUNCTIONS[name]
    if (direction !== undefined) {
      const table = args[0]?.type === 'string' ? String(args[0].value) : undefined
      const declared = table === undefined ? undefined : codes[table]
      if (table === undefined) {
        report(
          node,
          'FORMAT_CODE_TABLE',
          `$${name} needs the table's name as a literal text.`,
          'Write $'.concat(name, '("table", value).'),
        )
      } else if (declared === undefined) {
        const names = Object.keys(codes).join(', ') || 'none'
        report(
          node,
          'FORMAT_CODE_TABLE',
          `There is no code table ${table}.`,
          `Declared under codes: ${names}.`,
        )
      } else if (declared.direction !== 'both' && declared.direction !== direction) {
        report(
          node,
          'FORMAT_CODE_TABLE',
          `Code table ${table} is declared for ${declared.direction} only.`,
          `Declare direction: both.`,
        )
      }
    }
    if (TIME_FUNCTIONS.has(name)) {
      const shape = args[1]
      if (shape?.type !== 'string' || !isTimeShape(shape.value)) {
        report(
          node,
          'FORMAT_DATE_SHAPE',
          `$${name} needs a date shape as a literal text.`,
          `Use one of ${TIME_SHAPES.join(', ')}.`,
        )
      }
    }
  }
  return faults
}
