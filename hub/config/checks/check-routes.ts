/** The routes: they name what exists, and every item, scenario and node has exactly one (art. 13). */
import type { ConfigFault } from '../../contract/errors.ts'
import { JURISDICTION, names } from '../../routing/parties.ts'
import type { Route } from '../topology.ts'
import type { ConfigFile, ItemContent, RegionsContent, TopologyFiles } from '../topology-files.ts'

interface LocatedRoute extends Omit<Route, 'file'> {
  readonly file: string
  readonly path: string
}

export function checkRoutes(files: TopologyFiles): ConfigFault[] {
  const { items, regions, broken } = files
  const routes: LocatedRoute[] = files.routes.flatMap(({ file, content }) =>
    content.routes.map((route, index) => ({ ...route, file, path: `/routes/${index}` })),
  )
  const nodes = regions === undefined ? [] : nodesOf(regions.content)
  const references = [
    ...(broken.has('items') ? [] : routes.flatMap((route) => itemReferences(route, items))),
    ...(broken.has('regions') ? [] : routes.flatMap((route) => regionReferences(route, nodes))),
  ]
  // A route that names nothing leaves a gap where it was meant: that would be the same mistake told twice.
  const countable = references.length === 0 && !broken.has('items') && !broken.has('regions')
  return [
    ...references,
    ...(broken.has('systems') ? [] : routes.flatMap((route) => systemReferences(route, files))),
    ...(countable ? coverage(routes, items, nodes, broken.has('routes')) : []),
  ]
}

function nodesOf({ province, regions }: RegionsContent): string[] {
  return regions.filter(({ parent }) => parent === province.code).map(({ code }) => code)
}

function itemReferences(
  { item, scenarios, file, path }: LocatedRoute,
  items: readonly ConfigFile<ItemContent>[],
): ConfigFault[] {
  const versions = items.filter(({ content }) => content.taskCode === item)
  if (versions.length === 0) {
    const reason = `There is no item with the task code ${item}.`
    return [
      {
        file,
        path: `${path}/item`,
        code: 'ROUTE_ITEM_UNKNOWN',
        reason,
        remedy: 'Name the taskCode of a file in items/.',
      },
    ]
  }
  const known = new Set(versions.flatMap(({ content }) => content.scenarios.map(({ code }) => code)))
  return listed(scenarios).flatMap((scenario, index) => {
    if (known.has(scenario)) return []
    const reason = `The item has no scenario ${scenario}.`
    const remedy = `Its scenarios are: ${[...known].join(', ')}.`
    return [{ file, path: `${path}/scenarios/${index}`, code: 'ROUTE_SCENARIO_UNKNOWN', reason, remedy }]
  })
}

function regionReferences({ regions, file, path }: LocatedRoute, nodes: readonly string[]): ConfigFault[] {
  return listed(regions).flatMap((region, index) => {
    if (nodes.includes(region)) return []
    const reason = `${region} is none of the ${nodes.length} nodes below the province.`
    const remedy = 'Name the current code of a node; regions below it follow their node.'
    return [{ file, path: `${path}/regions/${index}`, code: 'ROUTE_REGION_UNKNOWN', reason, remedy }]
  })
}

function systemReferences(
  { decides, copies, file, path }: LocatedRoute,
  { systems }: TopologyFiles,
): ConfigFault[] {
  const roles = new Map(systems.map(({ content }) => [content.id, content.role]))
  const places = [
    { system: decides, place: '/decides' },
    ...copies.map((system, index) => ({ system, place: `/copies/${index}` })),
  ]
  return places.flatMap(({ system, place }) => {
    if (system === JURISDICTION) return []
    const role = roles.get(system)
    if (role === undefined) {
      const reason = `There is no system ${system}.`
      const remedy = `Name a system of systems/, or ${JURISDICTION}.`
      return [{ file, path: `${path}${place}`, code: 'ROUTE_SYSTEM_UNKNOWN', reason, remedy }]
    }
    if (role !== 'notice' && role !== 'stream') return []
    const does = role === 'notice' ? 'sends notices' : 'gets every message'
    const reason = `${system} ${does} and takes part in no case.`
    return [
      {
        file,
        path: `${path}${place}`,
        code: 'ROUTE_SYSTEM_ROLE',
        reason,
        remedy: 'Name a department or an acceptance system.',
      },
    ]
  })
}

/** @param incomplete a file of routes is broken: what is missing may stand there, what is twice is twice anyway */
function coverage(
  routes: readonly LocatedRoute[],
  items: readonly ConfigFile<ItemContent>[],
  nodes: readonly string[],
  incomplete: boolean,
): ConfigFault[] {
  return items.flatMap(({ file, content }) =>
    content.scenarios.flatMap(({ code }, index) => {
      const candidates = routes.filter(
        (route) => route.item === content.taskCode && names(route.scenarios, code),
      )
      const what = `${content.name.zh}, ${code}`
      const uncovered = nodes.filter((node) => !candidates.some(({ regions }) => names(regions, node)))
      const missing: ConfigFault[] =
        incomplete || uncovered.length === 0
          ? []
          : [
              {
                file,
                path: `/scenarios/${index}`,
                code: 'ROUTE_MISSING',
                reason: `No route for ${what} in ${uncovered.length} of ${nodes.length} regions: ${uncovered.join(', ')}.`,
                remedy: 'Add them to a route in routes/.',
              },
            ]
      return [...missing, ...twice(candidates, nodes, what)]
    }),
  )
}

function twice(candidates: readonly LocatedRoute[], nodes: readonly string[], what: string): ConfigFault[] {
  return candidates.flatMap((route, index) =>
    candidates.slice(0, index).flatMap((earlier) => {
      const both = nodes.filter((node) => names(route.regions, node) && names(earlier.regions, node))
      if (both.length === 0) return []
      const reason = `${what} has a route already, ${earlier.file}#${earlier.path}, in ${both.length} regions: ${both.join(', ')}.`
      return [
        {
          file: route.file,
          path: route.path,
          code: 'ROUTE_AMBIGUOUS',
          reason,
          remedy: 'Leave each combination to one route.',
        },
      ]
    }),
  )
}

function listed(list: readonly string[] | 'all'): readonly string[] {
  return list === 'all' ? [] : list
}
