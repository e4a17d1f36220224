/** Who decides and who is told, by the annex of the regulation, part 4(1): written down here again so that the hub's routes have an opponent. */
import type { Deployment } from './deployment.ts'

export interface CaseParties {
  readonly origin: string
  readonly decider: string
  /** Others that must get the application: materials flow to the city and to the province at the same time (part 4(2)4). */
  readonly copies: readonly string[]
}

/** @throws Error where the item or a region is not in the deployment */
export function partiesOfCase(
  { systems, items }: Deployment,
  outline: {
    readonly handleItem: string
    readonly receivingRegion: string
    readonly jurisdictionRegion: string
  },
): CaseParties {
  const item = [...items.values()].find(({ scenarios }) =>
    scenarios.some(({ handleItem }) => handleItem === outline.handleItem),
  )
  const scenario = item?.scenarios.find(({ handleItem }) => handleItem === outline.handleItem)
  if (item === undefined || scenario === undefined)
    throw new Error(`No item has the handling code ${outline.handleItem}.`)
  const origin = nodeOf(systems, outline.receivingRegion)
  const local = nodeOf(systems, outline.jurisdictionRegion)
  const [decider, other] = scenario.code === 'initial' ? [item.owner, local] : [local, item.owner]
  return { origin, decider, copies: other === origin || other === decider ? [] : [other] }
}

function nodeOf(systems: Deployment['systems'], region: string): string {
  const node = [...systems.values()].find(
    (system) => system.role === 'acceptance' && system.region === region.slice(0, 6),
  )
  if (node === undefined) throw new Error(`No acceptance system serves region ${region}.`)
  return node.id
}
