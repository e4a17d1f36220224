/** RFC 4180 text: comma-separated, quotes doubled inside quotes. Lines whose first character is `#` are comments. */

export interface CsvRow {
  /** Line the row starts on, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/** Rows of a file without comments and blank lines; cells are trimmed unless quoted. A byte order mark is skipped. */
export function readCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = []
  let line = 1
  let at = text.startsWith('\uFEFF') ? 1 : 0
  while (at < text.length) {
    const start = line
    const cells: string[] = []
    if (text[at] === '#') {
      const end = text.indexOf('\n', at)
      at = end < 0 ? text.length : end + 1
      line++
      continue
    }
    for (let open = true; open; ) {
      const quoted = /^[ \t]*"/.exec(text.slice(at, at + 64))
      let cell = ''
      if (quoted === null) {
        const end = text.slice(at).search(/[,\r\n]/)
        const stop = end < 0 ? text.length : at + end
        cell = text.slice(at, stop).trim()
        at = stop
      } else {
        at += quoted[0].length
        while (at < text.length && (text[at] !== '"' || text[at + 1] === '"')) {
          if (text[at] === '"') at++
          if (text[at] === '\n') line++
          cell += text[at++]
        }
        at++
        while (text[at] === ' ' || text[at] === '\t') at++
      }
      cells.push(cell)
      open = text[at] === ','
      if (open) at++
    }
    if (text[at] === '\r') at++
    at++
    line++
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: start, cells })
  }
  return rows
}
