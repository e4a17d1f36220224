/**
 * Function signatures such as `<s-nn?:s>`. A letter per parameter (s n b l o a f, j any JSON, x anything), `(..)` a
 * choice, `<..>` the type of elements, `-` take the context when missing, `?` optional, `+` one or more.
 * Matching is dynamic programming rather than a regular expression, so that no signature can be slow.
 */
import type { State } from '../state.ts'

interface Parameter {
  /** Type letters that fit. */
  readonly accepts: string
  readonly isArray: boolean
  subtype: string | undefined
  context: boolean
  optional: boolean
  repeated: boolean
}

const PLURALS: Readonly<Record<string, string>> = {
  a: 'arrays',
  b: 'booleans',
  f: 'functions',
  n: 'numbers',
  o: 'objects',
  s: 'strings',
}

/** The type letter of a value; `m` stands for a missing one. */
function letterOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 's'
    case 'number':
      return 'n'
    case 'boolean':
      return 'b'
    case 'function':
      return 'f'
    case 'object':
      return value === null ? 'l' : Array.isArray(value) ? 'a' : 'o'
    default:
      return 'm'
  }
}

export class Signature {
  readonly definition: string
  readonly parameters: readonly Parameter[]
  /** Whether a missing argument may be taken from the context. */
  readonly usesContext: boolean

  /** @throws Error when the definition cannot be read */
  constructor(definition: string) {
    this.definition = definition
    this.parameters = parse(definition)
    this.usesContext = this.parameters.some((parameter) => parameter.context)
  }

  /** The letter of the result type, or undefined when the definition names none. */
  get returns(): string | undefined {
    const colon = this.definition.lastIndexOf(':')
    const letter = colon === -1 ? undefined : this.definition[colon + 1]
    return letter === '>' || letter === '(' ? undefined : letter
  }

  /**
   * The arguments as the function wants them: context filled in, single values wrapped where arrays are expected.
   * @throws ExpressionError T0410, T0411, T0412
   */
  validate(state: State, args: readonly unknown[], context: unknown, token: string | undefined): unknown[] {
    const letters = args.map(letterOf)
    const counts = this.#match(letters)
    if (counts === undefined) return this.#reject(state, args, letters, token)
    const validated: unknown[] = []
    let next = 0
    for (const [index, parameter] of this.parameters.entries()) {
      const count = counts[index] ?? 0
      if (count === 0) {
        if (parameter.context) {
          const letter = letterOf(context)
          if (letter !== 'm' && !parameter.accepts.includes(letter)) {
            state.fail('T0411', context, { index: next + 1, token })
          }
          validated.push(context)
        } else {
          validated.push(args[next])
          next++
        }
        continue
      }
      const group = letters.slice(next, next + count).join('')
      for (let taken = 0; taken < count; taken++, next++) {
        const argument = args[next]
        validated.push(
          parameter.isArray ? this.#asArray(state, parameter, argument, group, next, token) : argument,
        )
      }
    }
    return validated
  }

  #asArray(
    state: State,
    parameter: Parameter,
    argument: unknown,
    group: string,
    index: number,
    token: string | undefined,
  ): unknown {
    if (argument === undefined) return undefined
    const { subtype } = parameter
    if (subtype !== undefined) {
      let fits = true
      if (Array.isArray(argument)) {
        const first = argument.length > 0 ? letterOf(argument[0]) : subtype[0]
        fits = first === subtype[0] && argument.every((item) => letterOf(item) === first)
      } else {
        fits = group === subtype
      }
      if (!fits) state.fail('T0412', argument, { index: index + 1, token, type: PLURALS[subtype] ?? subtype })
    }
    return Array.isArray(argument) ? argument : [argument]
  }

  /** How many arguments each parameter takes, earlier ones as many as they can; undefined when nothing fits. */
  #match(letters: readonly string[]): number[] | undefined {
    const { parameters } = this
    // Most calls give each parameter one fitting argument; the table below is for the rest.
    if (letters.length === parameters.length) {
      if (parameters.every((parameter, i) => accepts(parameter, letters[i]))) {
        if (!parameters.some(({ repeated }) => repeated)) return parameters.map(() => 1)
      }
    }
    const width = letters.length + 1
    const fits: boolean[] = new Array((parameters.length + 1) * width).fill(false)
    fits[parameters.length * width + letters.length] = true
    const choices: number[][] = parameters.map(() => [])
    for (let p = parameters.length - 1; p >= 0; p--) {
      const parameter = parameters[p] as Parameter
      for (let a = letters.length; a >= 0; a--) {
        const most = parameter.repeated ? letters.length - a : Math.min(1, letters.length - a)
        let run = 0
        while (run < most && accepts(parameter, letters[a + run])) run++
        const least = parameter.optional ? 0 : 1
        for (let count = run; count >= least; count--) {
          if (fits[(p + 1) * width + a + count]) {
            fits[p * width + a] = true
            ;(choices[p] as number[])[a] = count
            break
          }
        }
      }
    }
    if (!fits[0]) return undefined
    const counts: number[] = []
    let at = 0
    for (const choice of choices) {
      const count = choice[at] ?? 0
      counts.push(count)
      at += count
    }
    return counts
  }

  #reject(
    state: State,
    args: readonly unknown[],
    letters: readonly string[],
    token: string | undefined,
  ): never {
    let good = 0
    for (const parameter of this.parameters) {
      let run = 0
      const most = parameter.repeated ? letters.length : 1
      while (run < most && good + run < letters.length && accepts(parameter, letters[good + run])) run++
      if (run === 0 && !parameter.optional) break
      good += run
    }
    return state.fail('T0410', args[good], { index: good + 1, token })
  }
}

function accepts(parameter: Parameter, letter: string | undefined): boolean {
  if (letter === undefined) return false
  // A missing value fits every type but a function.
  return letter === 'm' ? parameter.accepts !== 'f' : parameter.accepts.includes(letter)
}

const ANYTHING = 'asnblfo'

function parse(definition: string): Parameter[] {
  const parameters: Parameter[] = []
  const last = (): Parameter => {
    const parameter = parameters[parameters.length - 1]
    if (parameter === undefined)
      throw new Error(`signature ${definition} has a modifier before any parameter`)
    return parameter
  }
  const add = (letters: string, isArray = false): void => {
    parameters.push({
      accepts: letters,
      isArray,
      subtype: undefined,
      context: false,
      optional: false,
      repeated: false,
    })
  }
  for (let at = 1; at < definition.length; at++) {
    const symbol = definition[at] as string
    if (symbol === ':') break
    if ('snblo'.includes(symbol) || symbol === 'f') add(symbol)
    else if (symbol === 'a') add(ANYTHING, true)
    else if (symbol === 'j') add('asnblo')
    else if (symbol === 'x') add(ANYTHING)
    else if (symbol === '-') {
      last().context = true
      last().optional = true
    } else if (symbol === '?') last().optional = true
    else if (symbol === '+') last().repeated = true
    else if (symbol === '(') {
      const end = closing(definition, at, '(', ')')
      add(definition.slice(at + 1, end))
      at = end
    } else if (symbol === '<') {
      const end = closing(definition, at, '<', '>')
      last().subtype = definition.slice(at + 1, end)
      at = end
    }
  }
  return parameters
}

function closing(text: string, start: number, open: string, close: string): number {
  let depth = 1
  let at = start
  while (depth > 0 && ++at < text.length) {
    if (text[at] === close) depth--
    else if (text[at] === open) depth++
  }
  return at
}
