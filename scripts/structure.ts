/**
 * Holds the house rules that a compiler cannot see (docs/architecture.md): who may import whom, no cycle among run-time
 * imports, no protocol word in the hub outside its front door, time and randomness only by injection.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface SourceFile {
  /** Path from the project's root, with `/`. */
  readonly path: string
  readonly text: string
}

export interface Breach {
  readonly file: string
  readonly line: number
  readonly rule: string
}

const IMPORT = /^(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?'(\.{1,2}\/[^']+)'/gm
const DYNAMIC_IMPORT = /\bimport\(\s*'(\.{1,2}\/[^']+)'/g

/** Files of ours that `file` imports at run time. `import { type A }` alone counts: under verbatimModuleSyntax it stays. */
export function runtimeImports({
  path,
  text,
}: SourceFile): { readonly target: string; readonly line: number }[] {
  const found = [...text.matchAll(IMPORT), ...text.matchAll(DYNAMIC_IMPORT)]
  return found.map((match) => ({
    target: posix.join(posix.dirname(path), match[1] as string),
    line: lineOf(text, match.index),
  }))
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

function allImports(file: SourceFile): { readonly target: string; readonly line: number }[] {
  const typeImports = [
    ...file.text.matchAll(/^(?:import|export)\s+type\b[^'"]*?\sfrom\s+'(\.{1,2}\/[^']+)'/gm),
  ]
  return [
    ...runtimeImports(file),
    ...typeImports.map((match) => ({
      target: posix.join(posix.dirname(file.path), match[1] as string),
      line: lineOf(file.text, match.index),
    })),
  ]
}

/** Every cycle is reported once, as the path that closes it. */
export function findCycles(files: readonly SourceFile[]): string[][] {
  const imports = new Map(files.map((file) => [file.path, runtimeImports(file).map(({ target }) => target)]))
  const done = new Set<string>()
  const cycles: string[][] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path)
    if (at !== -1) {
      cycles.push([...trail.slice(at), path])
      return
    }
    if (done.has(path)) return
    for (const target of imports.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of imports.keys()) visit(path, [])
  return cycles
}

const isTest = (path: string): boolean =>
  /\.(test|int\.test)\.ts$/.test(path) || path.includes('/conformance') || path.startsWith('hub/testing/')
const isWiring = (path: string): boolean => path === 'hub/main.ts' || path === 'hub/cli.ts'

interface WordRule {
  readonly rule: string
  readonly applies: (path: string) => boolean
  readonly pattern: RegExp
}

const WORD_RULES: readonly WordRule[] = [
  {
    rule: 'a protocol word in the hub; only adapters/, simulators/ and the front door hub/api may know one',
    applies: (path) =>
      path.startsWith('hub/') &&
      !path.startsWith('hub/api/') &&
      // The front door as it is lent to listeners.
      path !== 'hub/contract/door.ts' &&
      !isWiring(path) &&
      !isTest(path),
    // An address cited as a source is no protocol word.
    pattern: /\b(https?(?!:\/\/)|axios|express|soap|wsdl|amqp|amqplib|rabbitmq|sftp|ftp|mqtt)\b/i,
  },
  {
    rule: 'time or randomness taken directly; use the Clock and RandomBytes that are passed in',
    applies: (path) => path.startsWith('hub/') && !isWiring(path) && !isTest(path),
    pattern: /\bDate\.now\(|\bMath\.random\(|\bnew Date\(\)|\bsetTimeout\(|\bsetInterval\(/,
  },
  {
    rule: 'process.env read outside hub/config and the wiring',
    applies: (path) =>
      path.startsWith('hub/') && !path.startsWith('hub/config/') && !isWiring(path) && !isTest(path),
    pattern: /\bprocess\.env\b/,
  },
]

interface ImportRule {
  readonly rule: string
  readonly forbids: (from: string, to: string) => boolean
}

const IMPORT_RULES: readonly ImportRule[] = [
  {
    rule: 'hub/contract imports nothing of ours',
    forbids: (from, to) => from.startsWith('hub/contract/') && !to.startsWith('hub/contract/'),
  },
  {
    rule: 'only hub/main.ts and hub/cli.ts import adapters',
    forbids: (from, to) =>
      !from.startsWith('adapters/') && to.startsWith('adapters/') && !isWiring(from) && !isTest(from),
  },
  {
    rule: 'adapters import hub/contract and nothing else of ours',
    forbids: (from, to) =>
      from.startsWith('adapters/') &&
      !isTest(from) &&
      !to.startsWith('adapters/') &&
      !to.startsWith('hub/contract/'),
  },
  {
    rule: 'one adapter kind imports no other; what several need is in adapters/shared',
    forbids: (from, to) => {
      const kindOf = (path: string): string | undefined => /^adapters\/([^/]+)\//.exec(path)?.[1]
      if (kindOf(to) === 'shared') return false
      return kindOf(from) !== undefined && kindOf(to) !== undefined && kindOf(from) !== kindOf(to)
    },
  },
  {
    rule: 'simulators share no code with the hub or its adapters',
    forbids: (from, to) =>
      from.startsWith('simulators/') && (to.startsWith('hub/') || to.startsWith('adapters/')),
  },
  {
    rule: 'the simulation runs the hub alone, with partners and links of its own',
    forbids: (from, to) => from.startsWith('simulation/') && /^(adapters|simulators|bench)\//.test(to),
  },
  {
    rule: 'the hub imports no simulator, no simulation and no bench',
    forbids: (from, to) => from.startsWith('hub/') && /^(simulators|simulation|bench)\//.test(to),
  },
]

export function findBreaches(files: readonly SourceFile[]): Breach[] {
  const breaches: Breach[] = []
  for (const file of files) {
    const lines = file.text.split('\n')
    for (const { rule, applies, pattern } of WORD_RULES) {
      if (!applies(file.path)) continue
      lines.forEach((line, index) => {
        if (pattern.test(line))
          breaches.push({ file: file.path, line: index + 1, rule: `${rule}: ${line.trim().slice(0, 80)}` })
      })
    }
    for (const { target, line } of allImports(file)) {
      for (const { rule, forbids } of IMPORT_RULES) {
        if (forbids(file.path, target)) breaches.push({ file: file.path, line, rule: `${rule}: ${target}` })
      }
    }
  }
  for (const cycle of findCycles(files))
    breaches.push({ file: cycle[0] as string, line: 1, rule: `import cycle: ${cycle.join(' → ')}` })
  return breaches
}

export function readSources(): SourceFile[] {
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  return globSync(
    [
      'hub/**/*.ts',
      'adapters/**/*.ts',
      'simulators/**/*.ts',
      'simulation/**/*.ts',
      'bench/**/*.ts',
      'crash/**/*.ts',
    ].map((pattern) => join(root, pattern)),
  )
    .map((path) => ({ path: relative(root, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }))
    .sort((one, other) => one.path.localeCompare(other.path))
}
