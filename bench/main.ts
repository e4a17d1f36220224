/** `npm run bench -- <name> [--json] [--seconds N] [--store S]`: reproducible measurements; the last line is always one JSON object. */
import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** Nothing but the last line is printed. */
  readonly json: boolean
  /** About how long to measure; each bench has its own default. */
  readonly seconds?: number
  /** For benches of the store; others ignore it. */
  readonly store?: 'sqlite' | 'postgres'
}

/** Measures, and answers what the last line says; prints its table itself unless `json`. */
export type Bench = (options: BenchOptions) => Promise<Record<string, unknown>>

/** Name, what it measures, and where it is: loaded only when asked for. */
const BENCHES: Readonly<
  Record<string, { readonly about: string; readonly load: () => Promise<{ run: Bench }> }>
> = {
  intake: {
    about: 'rate of POST /v1/cases against a bare server with the same store',
    load: () => import('./intake/intake.ts'),
  },
  roundtrip: {
    about: 'whole cases: submit, deliver, decide, back to the origin',
    load: () => import('./roundtrip/roundtrip.ts'),
  },
  backlog: {
    about: 'lease and settle with 1,000,000 deliveries waiting against 1,000',
    load: () => import('./backlog.ts'),
  },
  isolation: {
    about: 'p99 of well destinations with one dead, one hanging and one failing, against without',
    load: () => import('./isolation/isolation.ts'),
  },
  recovery: {
    about: 'kill -9 with 100,000 deliveries waiting: how long until the hub serves again',
    load: () => import('./recovery/recovery.ts'),
  },
  mapping: {
    about: 'compiled mappings against hand-written JavaScript and the jsonata interpreter',
    load: () => import('./mapping.ts'),
  },
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      store: { type: 'string' },
    },
  })
  const [name = ''] = positionals
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds)
  const { store } = values
  const strange = store !== undefined && store !== 'sqlite' && store !== 'postgres'
  if (strange || bench === undefined || positionals.length > 1 || (seconds !== undefined && !(seconds > 0))) {
    console.error(
      `npm run bench -- <name> [--json] [--seconds N] [--store sqlite|postgres]\n${Object.entries(BENCHES)
        .map(([known, { about }]) => `  ${known.padEnd(10)} ${about}`)
        .join('\n')}`,
    )
    return 2
  }
  const { run } = await bench.load()
  const result = await run({
    json: values.json,
    ...(seconds === undefined ? {} : { seconds }),
    ...(store === undefined ? {} : { store }),
  })
  if (!values.json) console.log(tableOf(result))
  console.log(JSON.stringify(result))
  return 0
}

function tableOf(result: Record<string, unknown>): string {
  const lines = Object.entries(result).filter(([name]) => name !== 'name')
  const width = Math.max(...lines.map(([name]) => name.length))
  return lines
    .map(
      ([name, value]) =>
        `${name.padEnd(width)}  ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
    )
    .join('\n')
}

process.exitCode = await main()
