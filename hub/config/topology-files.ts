/** The topology folder as it stands on disk: which files there are, what each holds, and each file against its schema. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import calendarSchema from '../../schemas/topology/calendar.schema.json' with { type: 'json' }
import itemSchema from '../../schemas/topology/item.schema.json' with { type: 'json' }
import operatorsSchema from '../../schemas/topology/operators.schema.json' with { type: 'json' }
import regionsSchema from '../../schemas/topology/regions.schema.json' with { type: 'json' }
import routesSchema from '../../schemas/topology/routes.schema.json' with { type: 'json' }
import systemSchema from '../../schemas/topology/system.schema.json' with { type: 'json' }
import type { ConfigFault } from '../contract/errors.ts'
import { type Environment, fillPlaceholders } from './environment.ts'
import { readYaml } from './read-yaml.ts'
import { type SchemaCheck, schemaCheck } from './schema-check.ts'
import type { Item, Names, Operator, Region, RegionAlias, Route, System } from './topology.ts'

/** A file that passed its schema, defaults filled in. */
export interface ConfigFile<Content> {
  /** Relative to the topology folder, with `/`. */
  readonly file: string
  readonly content: Content
}

export interface RegionsContent {
  readonly expects: { readonly cities: number; readonly counties: number }
  readonly province: {
    readonly code: string
    readonly name: Names
    readonly aliases?: readonly RegionAlias[]
  }
  readonly regions: readonly (Omit<Region, 'level' | 'parent'> & {
    readonly level: 'city' | 'county'
    readonly parent: string
  })[]
}

type SystemContent = Omit<System, 'keys' | 'inbound'> & Partial<Pick<System, 'keys' | 'inbound'>>

export type ItemContent = Omit<Item, 'promisedDays'> & { readonly promisedDays?: number }

export interface RoutesContent {
  readonly routes: readonly Omit<Route, 'file'>[]
}

export interface CalendarContent {
  readonly years: readonly {
    readonly year: number
    readonly complete: boolean
    readonly source: string
    readonly holidays: readonly { readonly name: string; readonly from: string; readonly until?: string }[]
    readonly makeUpDays: readonly string[]
  }[]
}

export interface OperatorsContent {
  readonly operators: readonly Operator[]
}

export type FileKind = 'regions' | 'operators' | 'systems' | 'items' | 'routes' | 'calendar'

export interface TopologyFiles {
  readonly regions: ConfigFile<RegionsContent> | undefined
  readonly systems: readonly ConfigFile<System>[]
  readonly items: readonly ConfigFile<ItemContent>[]
  readonly routes: readonly ConfigFile<RoutesContent>[]
  readonly calendar: ConfigFile<CalendarContent> | undefined
  readonly operators: ConfigFile<OperatorsContent> | undefined
  /** Sound files of systems that take no part, because of the variable they name. */
  readonly leftOut: readonly System[]
  /**
   * Kinds of which a file could not be read or failed its schema. Checks that something is *not* there are left out
   * for them: what is missed may stand in the broken file, and one mistake would be reported as many.
   */
  readonly broken: ReadonlySet<FileKind>
}

const SCHEMAS: Readonly<Record<FileKind, object>> = {
  regions: regionsSchema,
  systems: systemSchema,
  items: itemSchema,
  routes: routesSchema,
  calendar: calendarSchema,
  operators: operatorsSchema,
}
const SINGLE = ['regions', 'calendar', 'operators'] as const
const FOLDERS = ['systems', 'items', 'routes'] as const
/** Partners' interface descriptions, which the connection kinds read where a system's settings name them. */
const DESCRIPTIONS = 'interfaces'

/** Reads every file; one that is missing, stray, not YAML or against its schema is a fault. */
export function readTopologyFiles(
  directory: string,
  environment: Environment,
): { readonly files: TopologyFiles; readonly faults: readonly ConfigFault[] } {
  const faults: ConfigFault[] = []
  const broken = new Set<FileKind>()
  const read = (kind: FileKind, file: string): ConfigFile<unknown>[] => {
    const { content, faults: found } = readFile(
      directory,
      file,
      environment,
      schemaCheck(SCHEMAS[kind], { strict: true }),
    )
    faults.push(...found)
    if (found.length === 0) return [{ file, content }]
    broken.add(kind)
    return []
  }
  const names = listFiles(directory, faults)
  const [regions, calendar, operators] = SINGLE.map((kind) => read(kind, `${kind}.yaml`)[0])
  const [systems = [], items = [], routes = []] = FOLDERS.map((kind) =>
    names.filter((name) => name.startsWith(`${kind}/`)).flatMap((name) => read(kind, name)),
  )
  const all = (systems as ConfigFile<SystemContent>[]).map(({ file, content }) => ({
    file,
    content: { ...content, keys: content.keys ?? [], inbound: content.inbound ?? [] },
  }))
  const [taking = [], leftOut = []] = [true, false].map((wanted) =>
    all.filter(({ content }) => takesPart(content, environment) === wanted),
  )
  return {
    files: {
      regions: regions as ConfigFile<RegionsContent> | undefined,
      systems: taking,
      leftOut: leftOut.map(({ content }) => content),
      items: items as ConfigFile<ItemContent>[],
      routes: routes as ConfigFile<RoutesContent>[],
      calendar: calendar as ConfigFile<CalendarContent> | undefined,
      operators: operators as ConfigFile<OperatorsContent> | undefined,
      broken,
    },
    faults,
  }
}

/** A variable that is empty counts as unset, as everywhere. */
function takesPart({ enabledBy, disabledBy }: SystemContent, environment: Environment): boolean {
  const isSet = (name: string): boolean => Object.hasOwn(environment, name) && Boolean(environment[name])
  return (enabledBy === undefined || isSet(enabledBy)) && (disabledBy === undefined || !isSet(disabledBy))
}

function readFile(
  directory: string,
  file: string,
  environment: Environment,
  check: SchemaCheck,
): { readonly content?: unknown; readonly faults: readonly ConfigFault[] } {
  let text: string
  try {
    text = readFileSync(join(directory, file), 'utf8')
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const reason = missing ? 'The file is missing.' : `The file cannot be read: ${(cause as Error).message}.`
    const remedy = missing ? 'Add it; its schema is in schemas/topology/.' : 'Make it readable for the hub.'
    return { faults: [{ file, path: '', code: 'CONFIG_FILE', reason, remedy }] }
  }
  const parsed = readYaml(text, file)
  if (parsed.faults.length > 0) return { faults: parsed.faults }
  const filled = fillPlaceholders(parsed.value, environment, file)
  if (filled.faults.length > 0) return { faults: filled.faults }
  return { content: filled.value, faults: check(filled.value, file) }
}

/** Names relative to the folder. A file that would silently not be read (`x.yml`, a folder in the wrong place) is a fault. */
function listFiles(directory: string, faults: ConfigFault[]): string[] {
  const found: string[] = []
  const stray = (file: string): void => {
    const remedy =
      'Remove it, or move it: regions.yaml, calendar.yaml, operators.yaml, systems/*.yaml, items/*.yaml, routes/*.yaml.'
    faults.push({
      file,
      path: '',
      code: 'CONFIG_FILE_STRAY',
      reason: 'The hub would not read this file.',
      remedy,
    })
  }
  for (const name of visible(directory)) {
    if (name === DESCRIPTIONS) continue
    if (FOLDERS.some((folder) => folder === name)) {
      for (const inner of visible(join(directory, name))) {
        if (inner.endsWith('.yaml')) found.push(`${name}/${inner}`)
        else stray(`${name}/${inner}`)
      }
    } else if (!SINGLE.some((kind) => `${kind}.yaml` === name)) stray(name)
  }
  return found
}

function visible(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter((name) => !name.startsWith('.') && name !== 'README.md')
    .sort()
}
