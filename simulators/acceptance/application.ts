/** What an applicant brings to a window, made from the catalogue: a complete application, or one material corrected. */
import { createHash } from 'node:crypto'
import type { CatalogueItem } from '../deployment.ts'
import type { Applicant, HandedIn, ItemChoice, Submission, Window } from '../formats/letter.ts'
import type { Plan } from '../plan.ts'

/** What an applicant comes with. */
export interface Visit {
  readonly applicant: Applicant
  readonly item: CatalogueItem
  /** Code of the scenario: `initial`, `renewal` … */
  readonly scenario: string
  readonly jurisdictionRegion: string
  readonly plan: Plan
}

/** Minutes between filling in the form and standing at the window. */
const QUEUE_MS = 12 * 60_000

/** @throws Error where the item has no such scenario */
export function applicationOf(
  visit: Visit,
  at: { readonly region: string; readonly window: Window; readonly nowMs: number },
): Submission {
  return {
    type: 'case.submitted',
    item: choiceOf(visit.item, visit.scenario),
    applicant: visit.applicant,
    appliedAt: at.nowMs - QUEUE_MS,
    receivedAt: at.nowMs,
    receivingRegion: at.region,
    jurisdictionRegion: visit.jurisdictionRegion,
    window: at.window,
    materials: materialsOf(visit),
  }
}

function choiceOf(item: CatalogueItem, scenario: string): ItemChoice {
  const found = item.scenarios.find(({ code }) => code === scenario)
  if (found === undefined) throw new Error(`${item.name.zh} has no scenario ${scenario}.`)
  const { catalogCode, taskCode, version } = item
  return { catalogCode, taskCode, version, name: item.name.zh, handleItem: found.handleItem, scenario }
}

/** All that the item asks for in this scenario, digitised. */
function materialsOf({ item, scenario, applicant }: Visit): HandedIn[] {
  const wanted = item.materials.filter(
    ({ required, requiredWhen }) => required && (requiredWhen?.scenarios.includes(scenario) ?? true),
  )
  return wanted.map(({ code, name, originals, copies }) => ({
    code,
    name: name.zh,
    originals,
    copies,
    files: [fileOf(`${applicant.residentId}-${code}`, name.zh)],
  }))
}

/** One material again, with its fault mended. @throws Error where the item has no such material */
export function correctedOf(visit: Visit, name: string, at: number): HandedIn {
  const listed = visit.item.materials.find((material) => material.name.zh === name)
  if (listed === undefined)
    throw new Error(`Asked to correct ${name}, which is not on the list of ${visit.item.name.zh}.`)
  const { code, originals, copies } = listed
  return {
    code,
    name,
    originals,
    copies,
    files: [fileOf(`${visit.applicant.residentId}-${code}-${at}`, `${name}（补正）`)],
  }
}

function fileOf(seed: string, name: string): HandedIn['files'][number] {
  const sm3 = createHash('sm3').update(seed).digest('hex')
  return {
    id: `F${sm3.slice(0, 16)}`,
    name: `${name}.pdf`,
    size: 10_000 + Number.parseInt(sm3.slice(0, 4), 16),
    sm3,
  }
}
