/** Finding an item of the catalogue, and what its list of materials asks for. */
import type { Item, Material, Scenario, Topology } from './topology.ts'

/** The codes by which a message names an item; the more specific ones win. */
export interface ItemCodes {
  /** 实施编码, 31 characters. */
  readonly taskCode?: string
  /** 业务办理项编码, 33 characters. */
  readonly taskHandleItem?: string
  /** 基本编码, 12 characters; enough by itself only where one implementing body has it on the list. */
  readonly catalogCode?: string
}

/**
 * The version of an item that is in force on `date` (`YYYY-MM-DD`), and the scenario where the handling-item code names
 * one. `unknown` where no code is given, nothing has it, or the codes contradict each other; `not-in-force` where the
 * item is listed but has no version for that day (art. 4, 9).
 */
export function itemOn(
  topology: Pick<Topology, 'items'>,
  { taskCode, taskHandleItem, catalogCode }: ItemCodes,
  date: string,
): { readonly item: Item; readonly scenario?: Scenario } | 'unknown' | 'not-in-force' {
  const wanted = taskHandleItem?.slice(0, 31) ?? taskCode ?? onlyTaskOf(topology, catalogCode)
  if (wanted === undefined || (taskCode !== undefined && taskCode !== wanted)) return 'unknown'
  const versions = topology.items.get(wanted)
  if (versions === undefined) return 'unknown'
  if (catalogCode !== undefined && versions.every((version) => version.catalogCode !== catalogCode))
    return 'unknown'
  const item = versions.find(
    ({ effectiveFrom, effectiveUntil }) => effectiveFrom <= date && date <= (effectiveUntil ?? date),
  )
  if (item === undefined) return 'not-in-force'
  const scenario = item.scenarios.find(({ handleItem }) => handleItem === taskHandleItem)
  return scenario === undefined ? { item } : { item, scenario }
}

function onlyTaskOf({ items }: Pick<Topology, 'items'>, catalogCode: string | undefined): string | undefined {
  const found = [...items].filter(([, versions]) =>
    versions.some((version) => version.catalogCode === catalogCode),
  )
  return found.length === 1 ? found[0]?.[0] : undefined
}

/** Whether the material must be handed in for this scenario. */
export function isRequired(material: Pick<Material, 'required' | 'requiredWhen'>, scenario: string): boolean {
  return material.required && (material.requiredWhen?.scenarios.includes(scenario) ?? true)
}

/** Whether the paper itself must reach the deciding department, and so be posted in time (art. 6, 17). */
export function needsPaper({ paperRequired, medium }: Pick<Material, 'paperRequired' | 'medium'>): boolean {
  return paperRequired ?? medium === 'paper'
}
