/**
 * A mapping file with the shared functions that it uses. A shared function is a file `<name>.jsonata` holding
 * `$<name> := function(…) {…}`, in `mappings/_shared/` for all packages or in `<format>/shared/` for one. Its text is
 * put in front of the mapping, inside one block; positions are told in the file where they stand.
 */
import { type Position, positionAt } from './engine/position.ts'

export interface SourceFile {
  /** Relative to the mappings folder. */
  readonly file: string
  readonly text: string
}

export interface ComposedSource extends SourceFile {
  /** The shared functions inside, in the order in which they stand. */
  readonly uses: readonly SourceFile[]
  /** Where a character of `text` came from. */
  locate(offset: number): Position & { readonly file: string }
}

/** Puts the shared functions that `mapping` names (also through one another) in front of it. */
export function compose(mapping: SourceFile, shared: ReadonlyMap<string, SourceFile>): ComposedSource {
  const uses: SourceFile[] = []
  const seen = new Set<string>()
  const include = (text: string): void => {
    for (const [, name = ''] of text.matchAll(/\$([A-Za-z_]\w*)/g)) {
      const found = shared.get(name)
      if (found === undefined || seen.has(name)) continue
      seen.add(name)
      include(found.text)
      uses.push(found)
    }
  }
  include(mapping.text)
  if (uses.length === 0) {
    return {
      ...mapping,
      uses,
      locate: (offset) => ({ file: mapping.file, ...positionAt(mapping.text, offset) }),
    }
  }

  const pieces: { readonly start: number; readonly source: SourceFile }[] = []
  let text = '('
  for (const source of uses) {
    pieces.push({ start: text.length, source })
    text += `${source.text};\n`
  }
  pieces.push({ start: text.length, source: mapping })
  text += `${mapping.text}\n)`
  return {
    file: mapping.file,
    text,
    uses,
    locate(offset) {
      const piece = pieces.findLast(({ start }) => start <= offset) ?? { start: 0, source: mapping }
      return { file: piece.source.file, ...positionAt(piece.source.text, offset - piece.start) }
    },
  }
}
