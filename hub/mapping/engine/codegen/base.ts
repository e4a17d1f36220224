/**
 * Reading names off one value, fast. For each value that paths start from, the generated code finds out once whether
 * it is a plain object (`o.name` is then all there is to a step) or something irregular (an array), for which it
 * calls the general code. Inner steps that several paths share are read once, where the value becomes known.
 */
import { type Emitter, isInherited, type Line, literal, property } from './emitter.ts'

interface Node {
  /** JavaScript name of the object, or of an empty object when the value is not one. */
  readonly object: string
  /** JavaScript name of a flag, or `false`: an array was met on the way. */
  readonly irregular: string
}

export class Base {
  /** JavaScript name of the value itself. */
  readonly code: string
  /** A context iterates over any array; the value of a variable does not over constructed ones. */
  readonly isContext: boolean
  /** Marks cannot occur inside it. */
  readonly plain: boolean
  /** Certainly not an array. */
  readonly neverArray: boolean
  readonly #slot: Line
  readonly #nodes = new Map<string, Node>()

  constructor(code: string, slot: Line, facts: { isContext: boolean; plain: boolean; neverArray?: boolean }) {
    this.code = code
    this.#slot = slot
    this.isContext = facts.isContext
    this.plain = facts.plain
    this.neverArray = facts.neverArray ?? false
  }

  /** The object that the last of `names` is read from. */
  node(emitter: Emitter, names: readonly string[]): Node {
    const key = JSON.stringify(names)
    const known = this.#nodes.get(key)
    if (known !== undefined) return known
    const made = names.length === 0 ? this.#root(emitter) : this.#inner(emitter, names)
    this.#nodes.set(key, made)
    return made
  }

  #root(emitter: Emitter): Node {
    const object = emitter.fresh('o')
    const { code } = this
    if (this.neverArray) {
      this.#add(`const ${object} = typeof ${code} === "object" && ${code} !== null ? ${code} : E;`)
      return { object, irregular: 'false' }
    }
    const irregular = emitter.fresh('g')
    this.#add(`const ${irregular} = isArray(${code});`)
    this.#add(
      `const ${object} = typeof ${code} === "object" && ${code} !== null && !${irregular} ? ${code} : E;`,
    )
    return { object, irregular }
  }

  #inner(emitter: Emitter, names: readonly string[]): Node {
    const parent = this.node(emitter, names.slice(0, -1))
    const value = emitter.fresh('p')
    const object = emitter.fresh('o')
    const irregular = emitter.fresh('g')
    this.#add(`const ${value} = ${read(parent.object, names[names.length - 1] as string)};`)
    this.#add(
      `let ${object} = E, ${irregular} = ${parent.irregular}; if (typeof ${value} === "object" && ${value} !== null) { if (isArray(${value})) ${irregular} = true; else ${object} = ${value}; }`,
    )
    return { object, irregular }
  }

  #add(text: string): void {
    this.#slot.text += this.#slot.text === '' ? text : `\n${text}`
  }
}

/** Code that reads an own property. */
export function read(object: string, name: string): string {
  return isInherited(name)
    ? `(hasOwn(${object}, ${literal(name)}) ? ${object}[${literal(name)}] : undefined)`
    : `${object}${property(name)}`
}
