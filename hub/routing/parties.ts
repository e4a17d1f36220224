/** Who decides a case and who else is told, from the routes. Pure; the routes were checked to be complete and unambiguous. */
import type { Route, Topology } from '../config/topology.ts'

/** Stands for the acceptance system of the case's jurisdiction region, in `decides` and `copies` of a route. */
export const JURISDICTION = 'jurisdiction'

export interface CaseOutline {
  readonly taskCode: string
  readonly scenario: string
  /** Current code of the jurisdiction region: a node, or a region below one (art. 3). */
  readonly jurisdictionRegion: string
  /** System where the applicant stands. */
  readonly origin: string
}

/** Undefined where no route decides the case. `copies` are sorted and name neither the decider nor the origin, which are told anyway. */
export function partiesOf(
  topology: Pick<Topology, 'routes' | 'systems' | 'nodeOfRegion'>,
  { taskCode, scenario, jurisdictionRegion, origin }: CaseOutline,
): { readonly decider: string; readonly copies: string[] } | undefined {
  const node = topology.nodeOfRegion.get(jurisdictionRegion)
  const region = node === undefined ? undefined : topology.systems.get(node)?.region
  if (node === undefined || region === undefined) return undefined
  const route = topology.routes.find((candidate) => isFor(candidate, taskCode, scenario, region))
  if (route === undefined) return undefined
  const resolve = (system: string): string => (system === JURISDICTION ? node : system)
  const decider = resolve(route.decides)
  const others = route.copies.map(resolve).filter((copy) => copy !== decider && copy !== origin)
  return { decider, copies: [...new Set(others)].sort() }
}

function isFor(route: Route, taskCode: string, scenario: string, region: string): boolean {
  return route.item === taskCode && names(route.scenarios, scenario) && names(route.regions, region)
}

/** Whether a route's list, or its `all`, takes in `code`. */
export function names(list: readonly string[] | 'all', code: string): boolean {
  return list === 'all' || list.includes(code)
}
