/** A place in a source text, both counted from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Line and column of a character offset; offsets outside the text are moved to its nearest end. */
export function positionAt(source: string, offset: number): Position {
  const end = Math.min(Math.max(0, offset), source.length)
  let line = 1
  let lineStart = 0
  for (let at = source.indexOf('\n'); at !== -1 && at < end; at = source.indexOf('\n', at + 1)) {
    line++
    lineStart = at + 1
  }
  return { line, column: end - lineStart + 1 }
}
