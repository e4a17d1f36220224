/** Expressions as the rest of hub/mapping sees them: composed, compiled, with errors told in the author's own file. */
import { type ConfigFault, MappingError } from '../contract/errors.ts'
import type { ComposedSource } from './composed-source.ts'
import type { ExprNode } from './engine/ast.ts'
import { type BranchCount, compile, type Environment, ExpressionError } from './engine/compile.ts'
import type { HubFunction } from './functions/hub-function.ts'

export interface Expression {
  readonly source: ComposedSource
  readonly ast: ExprNode
  /** Synchronous. @throws MappingError MAPPING_FAILED with file, line and column */
  evaluate(input: unknown, environment: Environment): unknown
  /** How often each branch was taken so far, where the expression was compiled to count. */
  coverage?(): readonly BranchCount[]
}

/** Compiles an expression; a source that is not one, or steps outside the profile, is a fault of the package. */
export function compileExpression(
  source: ComposedSource,
  functions: readonly HubFunction[],
  { path = '', coverage = false }: { readonly path?: string; readonly coverage?: boolean } = {},
): { readonly expression?: Expression; readonly faults: readonly ConfigFault[] } {
  try {
    const compiled = compile(source.text, { file: source.file, functions: [...functions], coverage })
    return {
      faults: [],
      expression: {
        source,
        ast: compiled.ast,
        ...(compiled.coverage === undefined ? {} : { coverage: compiled.coverage }),
        evaluate(input, environment) {
          try {
            return compiled.evaluate(input, environment)
          } catch (error) {
            throw error instanceof ExpressionError ? asMappingError(error, source) : error
          }
        },
      },
    }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const { file, line, column } = source.locate(error.offset)
    const fault: ConfigFault = {
      file,
      path,
      code: 'FORMAT_EXPRESSION',
      reason: `Line ${line}, column ${column}: ${error.message.replace(/\.?$/, '')} (${error.code}).`,
      remedy: 'Correct the expression.',
    }
    return { faults: [fault] }
  }
}

function asMappingError(error: ExpressionError, source: ComposedSource): MappingError {
  const { file, line, column } = source.locate(error.offset)
  // Neither the value nor the engine's wording with the value in it: it may be personal.
  return new MappingError(
    'MAPPING_FAILED',
    `${file}:${line}:${column}: ${error.subExpression} failed (${error.code}).`,
    {
      details: { file, line, column, expressionCode: error.code },
      cause: error,
    },
  )
}
