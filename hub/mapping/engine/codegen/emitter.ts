/** Collects generated statements. Everything that comes from an expression enters as a JSON literal, never as code. */
export class Emitter {
  #lines: Line[] = []
  #names = 0
  readonly constants: unknown[] = []
  readonly #constantNames = new Map<unknown, string>()

  /** A name that nothing else uses. */
  fresh(prefix: string): string {
    return `${prefix}${this.#names++}`
  }

  /** Adds a statement. */
  line(text: string): void {
    this.#lines.push({ text })
  }

  /** Reserves a place for statements that turn out to be needed later. */
  slot(): Line {
    const line = { text: '' }
    this.#lines.push(line)
    return line
  }

  /** `const name = code`, unless `code` is already as cheap as a name. */
  hold(code: string, prefix = 't'): string {
    if (isAtom(code)) return code
    const name = this.fresh(prefix)
    this.line(`const ${name} = ${code};`)
    return name
  }

  /** Runs `emit` with an empty sheet and gives back what it wrote. */
  capture(emit: () => void): string {
    const saved = this.#lines
    this.#lines = []
    try {
      emit()
      return textOf(this.#lines)
    } finally {
      this.#lines = saved
    }
  }

  /** `head {` … `}` */
  block(head: string, emit: () => void): void {
    this.line(`${head} {`)
    emit()
    this.line('}')
  }

  /** Whether `emit` writes no statement at all; what it writes is dropped only if it wrote none. */
  isSilent(text: string): boolean {
    return text.trim() === ''
  }

  /** The name of a value that is made once, when the expression is compiled. */
  constant(value: unknown, key: unknown = value): string {
    const known = this.#constantNames.get(key)
    if (known !== undefined) return known
    const name = `K${this.constants.length}`
    this.constants.push(value)
    this.#constantNames.set(key, name)
    return name
  }

  text(): string {
    return textOf(this.#lines)
  }
}

export interface Line {
  text: string
}

function textOf(lines: readonly Line[]): string {
  return lines
    .map((line) => line.text)
    .filter((text) => text !== '')
    .join('\n')
}

/** A name or a literal: may be written twice without being computed twice. */
export function isAtom(code: string): boolean {
  return /^[\w$]+$/.test(code) || /^-?\d+(\.\d+)?$/.test(code) || /^"(?:[^"\\]|\\.)*"$/.test(code)
}

/** A JavaScript literal for a JSON scalar. */
export function literal(value: unknown): string {
  if (value === undefined) return 'undefined'
  if (Object.is(value, -0)) return '-0'
  return JSON.stringify(value)
}

/** Names that every object answers to without owning them. */
const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype))

/** Whether reading `object.name` might reach the prototype. */
export function isInherited(name: string): boolean {
  return INHERITED.has(name)
}

/** `.name` or `["name"]` */
export function property(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `.${name}` : `[${literal(name)}]`
}
