/** Paths in a document as lineage finds them in an expression: `body.materials[].files[].size`. */

/** One iteration of an expression over an array. Compared by identity. */
export interface Loop {
  /** The n-th element of the source makes the n-th of the target: nothing is filtered, sorted or flattened between. */
  exact: boolean
}

export type Segment =
  | { readonly kind: 'name'; readonly name: string }
  /** All elements of an array, or one of them. `hard`: known to be an array; else only looped over. */
  | {
      readonly kind: 'items'
      readonly loops: readonly Loop[]
      readonly hard: boolean
      readonly index?: number
    }
  /** `*` and `**`: members whose names the expression does not say. */
  | { readonly kind: 'any'; readonly deep: boolean }

export interface Source {
  /** Empty for the document; `$sender`, `$case`, `$now()` … for what the hub adds. */
  readonly root: string
  readonly path: readonly Segment[]
  /** The value is passed on as it stands, so members of it are members of the source. */
  readonly copy: boolean
}

/** Text of a path. `[]` stands where an element's index is not known; `indexOf` fills in those that are. */
export function pathText(
  source: Pick<Source, 'root' | 'path'>,
  options: { readonly shown?: ReadonlySet<Loop>; readonly indexOf?: (loop: Loop) => number | undefined } = {},
): string {
  let text = source.root
  for (const segment of source.path) {
    if (segment.kind === 'name') {
      if (/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(segment.name))
        text += text === '' ? segment.name : `.${segment.name}`
      else text += `[${JSON.stringify(segment.name)}]`
    } else if (segment.kind === 'any') {
      text += `${text === '' ? '' : '.'}${segment.deep ? '**' : '*'}`
    } else if (segment.index !== undefined) {
      text += `[${segment.index}]`
    } else {
      const shown = segment.hard || segment.loops.some((loop) => options.shown?.has(loop))
      const loop = segment.loops.find((one) => one.exact && options.indexOf?.(one) !== undefined)
      const index = loop === undefined ? undefined : options.indexOf?.(loop)
      if (shown) text += `[${index ?? ''}]`
    }
  }
  return text
}

/** What stands at a path text without `[]` (`body.materials[0].name`) in a document; undefined where nothing does. */
export function valueAt(document: unknown, path: string): unknown {
  let value = document
  for (const match of path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)) {
    if (typeof value !== 'object' || value === null) return undefined
    const key = match[1] === undefined ? (match[2] ?? match[3] ?? '') : JSON.parse(`"${match[1]}"`)
    value = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
  }
  return value
}
