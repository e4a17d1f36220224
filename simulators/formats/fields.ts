/** Reading a document field by field, strictly: what a partner needs and does not find is a `Misread` that names the path. */
import { Misread } from './letter.ts'

export class Fields {
  readonly #path: string
  readonly #value: Readonly<Record<string, unknown>>

  /** @throws Misread where `value` is not an object */
  constructor(value: unknown, path = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Misread(`${path || 'the document'} is not an object`)
    this.#value = value as Record<string, unknown>
    this.#path = path
  }

  text(name: string): string {
    const value = this.#value[name]
    if (typeof value !== 'string' || value === '')
      throw new Misread(`${this.#at(name)} is not a text: ${JSON.stringify(value)}`)
    return value
  }

  maybeText(name: string): string | undefined {
    const value = this.#value[name]
    if (value === undefined || value === null || value === '') return undefined
    return this.text(name)
  }

  /** A text, or the texts of a list. */
  texts(name: string): string[] {
    const value = this.#value[name]
    const list = Array.isArray(value) ? value : [value]
    if (list.length === 0 || !list.every((entry) => typeof entry === 'string' && entry !== '')) {
      throw new Misread(`${this.#at(name)} is not a text or a list of texts: ${JSON.stringify(value)}`)
    }
    return list as string[]
  }

  inner(name: string): Fields {
    return new Fields(this.#value[name], this.#at(name))
  }

  maybeInner(name: string): Fields | undefined {
    return this.#value[name] === undefined || this.#value[name] === null ? undefined : this.inner(name)
  }

  list(name: string): Fields[] {
    const value = this.#value[name]
    if (!Array.isArray(value)) throw new Misread(`${this.#at(name)} is not a list`)
    return value.map((entry, index) => new Fields(entry, `${this.#at(name)}[${index}]`))
  }

  /** A region code of six digits, or of twelve of which the last six say nothing. */
  region(name: string): string {
    const code = this.text(name)
    if (!/^\d{6}(\d{6})?$/.test(code)) throw new Misread(`${this.#at(name)} is no region code: ${code}`)
    return code.slice(0, 6)
  }

  /** Must be one of the values that the partner's book of codes has. */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.text(name)
    if (!(choices as readonly string[]).includes(value))
      throw new Misread(`${this.#at(name)} is ${value}, not one of ${choices.join(', ')}`)
    return value as Choice
  }

  /** What the partner's book of codes says for the value. */
  coded<Meaning>(name: string, book: Readonly<Record<string, Meaning>>): Meaning {
    return book[this.choice(name, Object.keys(book))] as Meaning
  }

  /** A text that must have this shape. */
  shaped(name: string, shape: RegExp): string {
    const value = this.text(name)
    if (!shape.test(value))
      throw new Misread(`${this.#at(name)} does not have the shape ${shape.source}: ${value}`)
    return value
  }

  #at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }
}
