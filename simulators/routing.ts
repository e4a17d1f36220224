/**
 * Who decides and who is told: by the annex of the regulation, part 4(1), for what stands there, else the department that
 * the catalogue names. Written down here again so that the hub's routes have an opponent.
 */
import type { CatalogueItem, Deployment } from './deployment.ts'

/** Whose items the annex is about; it shares them with the cities and counties. */
export const ANNEX_OWNER = 'housing-registration'

export interface CaseParties {
  readonly origin: string
  readonly decider: string
  /** Others that must get the application: by the annex, materials flow to the city and to the province at the same time (part 4(2)4). */
  readonly copies: readonly string[]
}

/** @throws Error where the item or a region is not in the deployment */
export function partiesOfCase(
  { systems, items }: Deployment,
  outline: {
    readonly taskCode: string
    readonly scenario: string
    readonly receivingRegion: string
    readonly jurisdictionRegion: string
  },
): CaseParties {
  const item = items.get(outline.taskCode)
  if (item === undefined) throw new Error(`There is no item ${outline.taskCode}.`)
  const origin = nodeOf(systems, outline.receivingRegion)
  if (item.owner !== ANNEX_OWNER) return { origin, decider: item.owner, copies: [] }
  const local = nodeOf(systems, outline.jurisdictionRegion)
  const [decider, other] = outline.scenario === 'initial' ? [item.owner, local] : [local, item.owner]
  return { origin, decider, copies: other === origin || other === decider ? [] : [other] }
}

function nodeOf(systems: Deployment['systems'], region: string): string {
  const node = [...systems.values()].find(
    (system) => system.role === 'acceptance' && system.region === region.slice(0, 6),
  )
  if (node === undefined) throw new Error(`No acceptance system serves region ${region}.`)
  return node.id
}

/** The items of the annex (附件), which every city and the province can decide: what the ways of a case are tried with. */
export function annexItems({
  items,
}: Pick<Deployment, 'items'>): readonly [CatalogueItem, ...CatalogueItem[]] {
  const [first, ...more] = [...items.values()].filter(({ owner }) => owner === ANNEX_OWNER)
  if (first === undefined) throw new Error(`topology/items has no item of ${ANNEX_OWNER}.`)
  return [first, ...more]
}
