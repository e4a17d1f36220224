/**
 * The topology folder, read, checked and frozen: file by file against its schema, then everything against everything
 * else. Every fault is found in one run.
 */
import { ConfigError, type ConfigFault } from '../contract/errors.ts'
import { checkAdapters, collectedKinds, type KindOutline } from './checks/check-adapters.ts'
import { checkCalendar, daysOf } from './checks/check-calendar.ts'
import { checkFormats, type FormatTypes } from './checks/check-formats.ts'
import { checkItems } from './checks/check-items.ts'
import { checkOperators } from './checks/check-operators.ts'
import { checkRegions } from './checks/check-regions.ts'
import { checkRoutes } from './checks/check-routes.ts'
import { checkSystems } from './checks/check-systems.ts'
import type { Environment } from './environment.ts'
import { deepFreeze, frozenMap } from './freeze.ts'
import { upwards } from './regions.ts'
import type { CalendarYear, Item, Region, System, Topology } from './topology.ts'
import {
  type CalendarContent,
  type OperatorsContent,
  type RegionsContent,
  readTopologyFiles,
  type TopologyFiles,
} from './topology-files.ts'

export interface TopologySurroundings {
  /** Adapter kinds; where absent, links are neither checked nor given their kinds' defaults. */
  readonly kinds?: readonly KindOutline[]
  /** Formats by id; where absent, they are not checked. */
  readonly formats?: ReadonlyMap<string, FormatTypes>
}

/** The topology, absent where there are faults. Throws only where the folder itself cannot be listed. */
export function readTopology(
  directory: string,
  environment: Environment,
  { kinds, formats }: TopologySurroundings = {},
): {
  readonly topology?: Topology
  readonly faults: readonly ConfigFault[]
  /** Systems that take no part, because of the variable they name. */
  readonly leftOut: readonly System[]
} {
  const { files: read, faults: broken } = readTopologyFiles(directory, environment)
  const regionFaults = read.regions === undefined ? [] : checkRegions(read.regions)
  // Systems and routes hang on the regions: against wrong ones they would be called wrong too.
  const files: TopologyFiles =
    regionFaults.length === 0
      ? read
      : { ...read, regions: undefined, broken: new Set([...read.broken, 'regions']) }
  const faults = [
    ...broken,
    ...regionFaults,
    ...checkSystems(files),
    ...checkOperators(files),
    ...(kinds === undefined ? [] : checkAdapters(files, kinds)),
    ...checkItems(files),
    ...checkRoutes(files),
    ...(files.calendar === undefined ? [] : checkCalendar(files.calendar)),
    ...(formats === undefined ? [] : checkFormats(files, formats)),
  ]
  const { regions, calendar, operators, leftOut } = files
  if (faults.length > 0 || regions === undefined || calendar === undefined || operators === undefined)
    return { faults, leftOut }
  const collected = collectedKinds(kinds ?? [])
  const topology = build(files, regions.content, calendar.content, operators.content, collected)
  return { topology, faults, leftOut }
}

/** @throws ConfigError with every fault */
export function loadTopology(
  directory: string,
  environment: Environment,
  surroundings: TopologySurroundings = {},
): Topology {
  const { topology, faults } = readTopology(directory, environment, surroundings)
  if (topology === undefined) throw new ConfigError(faults)
  return topology
}

function build(
  files: TopologyFiles,
  regionsContent: RegionsContent,
  { years }: CalendarContent,
  { operators }: OperatorsContent,
  collected: ReadonlySet<string>,
): Topology {
  const { province: top, regions: below } = regionsContent
  const province: Region = { ...top, level: 'province', aliases: top.aliases ?? [] }
  const regions = frozenMap<string, Region>([province, ...below].map((region) => [region.code, region]))
  const systems = files.systems.map(({ content: { outbound, ...system } }) =>
    outbound === undefined || collected.has(outbound.adapter) ? system : { ...system, outbound },
  )
  return Object.freeze({
    province: deepFreeze(province),
    regions,
    systems: frozenMap(systems.map((system) => [system.id, system])),
    operators: frozenMap(operators.map((operator) => [operator.id, operator])),
    nodeOfRegion: frozenMap(nodesOf(regions, systems)),
    items: frozenMap(itemsByTask(files.items)),
    routes: deepFreeze(
      files.routes.flatMap(({ file, content }) => content.routes.map((route) => ({ ...route, file }))),
    ),
    calendar: deepFreeze(
      years
        .map(
          ({ holidays, ...year }): CalendarYear => ({ ...year, holidays: holidays.flatMap(daysOf).sort() }),
        )
        .sort((one, other) => one.year - other.year),
    ),
  })
}

/** A region is served by its own acceptance system, else by that of the nearest region above (art. 3); the province by none. */
function nodesOf(regions: ReadonlyMap<string, Region>, systems: readonly System[]): [string, string][] {
  const own = new Map(
    systems.filter(({ role }) => role === 'acceptance').map(({ region, id }) => [region, id]),
  )
  return [...regions.values()].flatMap((region) => {
    const node = upwards(regions, region).find(({ code }) => own.has(code))
    return node === undefined ? [] : [[region.code, own.get(node.code) as string]]
  })
}

function itemsByTask(files: TopologyFiles['items']): [string, Item[]][] {
  const versions = files.map(
    ({ content }): Item => ({ ...content, promisedDays: content.promisedDays ?? content.statutoryDays }),
  )
  const byTask = Map.groupBy(versions, ({ taskCode }) => taskCode)
  return [...byTask].map(([task, list]) => [
    task,
    list.sort((one, other) => (one.effectiveFrom < other.effectiveFrom ? -1 : 1)),
  ])
}
