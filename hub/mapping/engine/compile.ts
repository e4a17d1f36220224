import { createHash } from 'node:crypto'
import type { ExprNode } from './ast.ts'
import { BUILTINS } from './builtins/registry.ts'
import { compileProgram, type Program } from './codegen/compiler.ts'
import type { Callable } from './codegen/generator.ts'
import { type BranchCount, BranchCounter } from './coverage.ts'
import type { EngineFunction } from './engine-function.ts'
import { ExpressionError } from './expression-error.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { parse } from './parse.ts'
import { checkProfile } from './profile.ts'
import { measure } from './runtime/result.ts'
import { runtime } from './runtime/runtime.ts'
import { Signature } from './runtime/signature.ts'
import { type Environment, State } from './state.ts'

/** Changes whenever generated code may behave differently, so that stored hashes tell. */
const ENGINE_VERSION = 1

export interface CompileOptions {
  /** Named in errors. */
  readonly file?: string
  /** Functions of the hub, which take precedence over builtins of the same name. */
  readonly functions?: readonly EngineFunction[]
  readonly limits?: Partial<Limits>
  /** Count branches; costs a little speed. */
  readonly coverage?: boolean
}

/** An expression ready to run, any number of times, from any number of messages. */
export interface CompiledExpression {
  readonly source: string
  /** SHA-256 over source, engine version, function names and limits: equal hashes behave alike. */
  readonly hash: string
  readonly ast: ExprNode
  /**
   * Runs the expression on `input`, which is not changed. The result is undefined or plain JSON; it may share
   * sub-trees with the input, so neither is to be changed afterwards.
   * @throws ExpressionError
   */
  evaluate(input: unknown, environment: Environment): unknown
  /** Branch counts since compilation, when compiled with `coverage`. */
  coverage?(): readonly BranchCount[]
}

/**
 * Compiles a JSONata expression to synchronous JavaScript.
 *
 * @example compile('{ "name": applicant.name }').evaluate({ applicant: { name: '张三' } }, { nowMs: 0 })
 * @throws ExpressionError with the parser's code, or MAPPING_PROFILE for what mappings may not use
 */
export function compile(source: string, options: CompileOptions = {}): CompiledExpression {
  const { file } = options
  const ast = parse(source, file)
  const [fault] = checkProfile(ast, source)
  if (fault !== undefined) {
    const message = `${fault.reason}. ${fault.remedy}`
    throw new ExpressionError({ code: 'MAPPING_PROFILE', offset: fault.offset, source, file, message })
  }
  return new Compiled(source, ast, options)
}

/** Characters of source from which the program is cut into several functions. */
const LARGE_SOURCE = 8_000

const NOTHING: readonly string[] = []

type Run = (state: State, context: unknown, root: unknown) => unknown

/** Above this many steps the result is counted before it is handed out. */
const UNMEASURED_STEPS = 5000

class Compiled implements CompiledExpression {
  readonly source: string
  readonly ast: ExprNode
  readonly hash: string
  readonly coverage?: () => readonly BranchCount[]
  readonly #file: string | undefined
  readonly #limits: Limits
  readonly #callables: ReadonlyMap<string, Callable>
  readonly #counter: BranchCounter | undefined
  readonly #variants = new Map<string, Run>()
  readonly #measureFrom: number
  #plain: Run | undefined

  constructor(source: string, ast: ExprNode, options: CompileOptions) {
    this.source = source
    this.ast = ast
    this.#file = options.file
    this.#limits = Object.freeze({ ...DEFAULT_LIMITS, ...options.limits })
    this.#measureFrom = this.#limits.steps - UNMEASURED_STEPS
    this.#callables = callablesFor(options.functions ?? [])
    this.hash = hashOf(source, options.functions ?? [], this.#limits)
    const counter = options.coverage === true ? new BranchCounter(source) : undefined
    this.#counter = counter
    if (counter !== undefined) {
      this.coverage = () => counter.counts()
      // Branches are found when the code is written; those that nothing ever evaluates count too.
      this.#plain = this.#variant(true, NOTHING)
    }
  }

  evaluate(input: unknown, environment: Environment): unknown {
    const state = new State(this.#limits, environment, this.source, this.#file)
    const isArray = Array.isArray(input)
    const replaced = environment.bindings === undefined ? NOTHING : this.#replaced(environment.bindings)
    const isPlain = !isArray && replaced.length === 0
    // Written when it is first needed: a hub that starts again has hundreds of expressions, and messages waiting. What the
    // source may be refused for is found before; the cases of a package have run each of them when it was activated.
    if (isPlain) this.#plain ??= this.#variant(true, NOTHING)
    const run = isPlain ? (this.#plain as Run) : this.#variant(!isArray, replaced)
    try {
      const result = isArray ? run(state, wrapped(input), input) : run(state, input, input)
      if (state.fuel < this.#measureFrom && typeof result === 'object') measure(state, result)
      return result
    } catch (error) {
      // The depth limit stops recursion; this is for frames so large that the stack ends before it.
      if (error instanceof RangeError) state.tooDeep()
      throw error
    }
  }

  /** The functions that bindings of the same name replace. */
  #replaced(bindings: Readonly<Record<string, unknown>>): string[] {
    return Object.keys(bindings).filter((name) => this.#callables.has(name))
  }

  #variant(neverArray: boolean, replaced: readonly string[]): Run {
    const key = JSON.stringify([neverArray, [...replaced].sort()])
    const known = this.#variants.get(key)
    if (known !== undefined) return known
    const program = compileProgram(this.ast, {
      limits: this.#limits,
      callable: (name) => (replaced.includes(name) ? undefined : this.#callables.get(name)),
      neverArray,
      coverage: this.#counter,
      isLarge: this.source.length > LARGE_SOURCE,
    })
    const run = link(program, this.#counter?.hits ?? [])
    this.#variants.set(key, run)
    return run
  }
}

/** An input array counts as one item. */
function wrapped(input: unknown[]): unknown {
  return Object.assign([input], { sequence: true, outerWrapper: true })
}

const RUNTIME_NAMES = Object.keys(runtime)
const RUNTIME_VALUES = Object.values(runtime)

function link(program: Program, counts: number[]): Run {
  const constants = program.constants.map((_, index) => `K${index}`)
  const body = `"use strict";\nreturn function expression(S, C, ROOT) {\n${program.text}\n}`
  // The text is generated from a syntax tree; what an author wrote enters it as JSON literals only.
  const factory = new Function('COUNTS', ...RUNTIME_NAMES, ...constants, body)
  return factory(counts, ...RUNTIME_VALUES, ...program.constants) as Run
}

const BUILTIN_CALLABLES: ReadonlyMap<string, Callable> = new Map(
  [...BUILTINS].map(([name, builtin]) => [
    name,
    { kind: 'builtin', builtin, signature: new Signature(builtin.signature) },
  ]),
)

function callablesFor(functions: readonly EngineFunction[]): ReadonlyMap<string, Callable> {
  if (functions.length === 0) return BUILTIN_CALLABLES
  const callables = new Map(BUILTIN_CALLABLES)
  for (const fn of functions) {
    const signature = fn.signature === undefined ? undefined : new Signature(fn.signature)
    callables.set(fn.name, { kind: 'registered', fn, signature })
  }
  return callables
}

function hashOf(source: string, functions: readonly EngineFunction[], limits: Limits): string {
  const names = functions.map((fn) => `${fn.name}${fn.signature ?? ''}`).sort()
  return createHash('sha256')
    .update(JSON.stringify([source, ENGINE_VERSION, names, limits]))
    .digest('hex')
}

export type { BranchCount, EngineFunction, Environment, Limits }
export { DEFAULT_LIMITS, ExpressionError }
