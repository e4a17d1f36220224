/** How a document that cannot be read is refused: with the line and column where its writer has to look. */
import { IntakeError } from '../contract/errors.ts'
import type { ProblemCode } from '../contract/problems.ts'

/** Line and column count from 1, in UTF-16 units. */
function placeOf(text: string, offset: number): { offset: number; line: number; column: number } {
  let line = 1
  let lineStart = 0
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++
    lineStart = at + 1
  }
  return { offset, line, column: offset - lineStart + 1 }
}

export interface Refusal {
  readonly code: ProblemCode
  readonly text: string
  readonly offset: number
  /** Path in the document, as far as it is known; empty for the document as a whole. */
  readonly path?: string
  readonly zh: string
  readonly en: string
}

export function refuse({ code, text, offset, path = '', zh, en }: Refusal): IntakeError {
  const place = placeOf(text, offset)
  return new IntakeError(code, en, {
    details: place,
    faults: [
      {
        code,
        ...(path === '' ? {} : { source: path }),
        reason: {
          zh: `第 ${place.line} 行第 ${place.column} 列：${zh}`,
          en: `Line ${place.line}, column ${place.column}: ${en}`,
        },
        facts: place,
      },
    ],
  })
}
