/**
 * What a schema cannot say about a submission: is the item on the list and in force, do the regions exist, is the list
 * of materials complete (art. 17: everything missing is told at once), did things happen in a possible order. Also
 * fills in what follows from the catalogue, so that every receiver sees the same codes whatever the sender wrote.
 */

import { epochOfBeijing } from '../canonical/calendar-date.ts'
import { isRequired, itemOn } from '../config/items.ts'
import { regionOn } from '../config/regions.ts'
import type { Item, Material, Scenario, System, Topology } from '../config/topology.ts'
import type { CanonicalData } from '../contract/canonical.ts'
import { beijingTime } from '../contract/clock.ts'
import type { Fault } from '../contract/errors.ts'
import { fault, isBroken } from './faults.ts'

type Submission = CanonicalData['case.submitted']

export interface ReviewedSubmission {
  readonly data: Submission
  readonly item: Item
  readonly scenario: Scenario
}

/** A sender's clock may run ahead of ours by this much. */
const CLOCK_SKEW_MS = 10 * 60_000

/**
 * @param known faults that the schema found; parts they touch are not judged again.
 * @returns the completed data, or every fault that was found here.
 */
export function reviewSubmission(
  data: Submission,
  known: readonly Fault[],
  place: { readonly topology: Topology; readonly sender: System; readonly nowMs: number },
): { readonly reviewed: ReviewedSubmission | undefined; readonly faults: readonly Fault[] } {
  const faults: Fault[] = []
  const judged = (pointer: string): boolean => !isBroken(known, pointer)
  const day = judged('/appliedAt') ? data.appliedAt.slice(0, 10) : beijingTime(place.nowMs).slice(0, 10)

  if (judged('/appliedAt')) faults.push(...timeFaults(data, judged, place.nowMs))
  const receiving = judged('/receiving/regionCode') ? reviewReceiving(data, day, place, faults) : undefined
  const jurisdiction = judged('/jurisdiction/regionCode')
    ? reviewJurisdiction(data, day, place.topology, faults)
    : undefined
  const found = judged('/item') ? reviewItem(data, day, place.topology, faults) : undefined
  const materials =
    found !== undefined && judged('/materials') ? reviewMaterials(data, found, faults) : undefined

  if (known.length > 0 || faults.length > 0 || !found || !receiving || !jurisdiction || !materials) {
    return { reviewed: undefined, faults }
  }
  const { item, scenario } = found
  const completed: Submission = {
    ...data,
    item: {
      ...data.item,
      catalogCode: item.catalogCode,
      taskCode: item.taskCode,
      taskHandleItem: scenario.handleItem,
      taskVersion: data.item.taskVersion ?? item.version,
      name: data.item.name ?? item.name.zh,
      scenario: scenario.code,
    },
    receiving: { ...data.receiving, regionCode: receiving },
    jurisdiction: { ...data.jurisdiction, regionCode: jurisdiction },
    materials,
  }
  return { reviewed: { data: completed, item, scenario }, faults }
}

function timeFaults(data: Submission, judged: (pointer: string) => boolean, nowMs: number): Fault[] {
  const faults: Fault[] = []
  const applied = epochOfBeijing(data.appliedAt) as number
  if (applied > nowMs + CLOCK_SKEW_MS) {
    faults.push(
      fault(
        'FIELD_VALUE',
        '/appliedAt',
        '申请时间晚于当前时间，请校准时钟',
        'the application lies in the future; check the clock of your system',
      ),
    )
  }
  if (judged('/receiving/receivedAt') && (epochOfBeijing(data.receiving.receivedAt) as number) < applied) {
    faults.push(
      fault(
        'EVENT_BEFORE_APPLICATION',
        '/receiving/receivedAt',
        '收件时间早于申请时间',
        'received before it was applied for',
        {
          appliedAt: data.appliedAt,
        },
      ),
    )
  }
  return faults
}

function reviewReceiving(
  data: Submission,
  day: string,
  { topology, sender }: { readonly topology: Topology; readonly sender: System },
  faults: Fault[],
): string | undefined {
  const { regionCode } = data.receiving
  const region = regionOn(topology, regionCode, day)
  if (region === undefined) {
    faults.push(unknownRegion('/receiving/regionCode', day))
    return undefined
  }
  if (region.code !== sender.region) {
    faults.push(
      fault(
        'FIELD_VALUE',
        '/receiving/regionCode',
        `本系统只能报送本地区（${sender.region}）收的件`,
        `your system receives for region ${sender.region} only`,
        {
          allowed: [sender.region],
        },
      ),
    )
    return undefined
  }
  return region.code
}

function reviewJurisdiction(
  data: Submission,
  day: string,
  topology: Topology,
  faults: Fault[],
): string | undefined {
  const region = regionOn(topology, data.jurisdiction.regionCode, day)
  if (region !== undefined && topology.nodeOfRegion.has(region.code)) return region.code
  faults.push(unknownRegion('/jurisdiction/regionCode', day))
  return undefined
}

function unknownRegion(pointer: string, day: string): Fault {
  return fault(
    'REGION_UNKNOWN',
    pointer,
    `${day} 没有此行政区划代码，或其不是办理节点`,
    `on ${day} this code is not one of the province's acceptance nodes`,
  )
}

function reviewItem(
  data: Submission,
  day: string,
  topology: Topology,
  faults: Fault[],
): { item: Item; scenario: Scenario } | undefined {
  const { taskCode, taskHandleItem, catalogCode, scenario: wanted } = data.item
  const pointer = taskHandleItem === undefined ? '/item/taskCode' : '/item/taskHandleItem'
  const found = itemOn(
    topology,
    {
      ...(taskCode === undefined ? {} : { taskCode }),
      ...(taskHandleItem === undefined ? {} : { taskHandleItem }),
      ...(catalogCode === undefined ? {} : { catalogCode }),
    },
    day,
  )
  if (found === 'unknown') {
    faults.push(
      fault(
        'ITEM_NOT_ON_LIST',
        pointer,
        '该事项不在通办事项清单内，请核对事项编码',
        'this item is not on the list; check the code against GET /v1/items',
      ),
    )
    return undefined
  }
  if (found === 'not-in-force') {
    faults.push(
      fault(
        'ITEM_NOT_IN_FORCE',
        pointer,
        `该事项在 ${day} 未生效或已失效`,
        `this item is not in force on ${day}`,
        { day },
      ),
    )
    return undefined
  }
  const { item } = found
  const scenario = wanted === undefined ? found.scenario : item.scenarios.find(({ code }) => code === wanted)
  if (scenario === undefined || (found.scenario !== undefined && found.scenario.code !== scenario.code)) {
    const allowed = (found.scenario === undefined ? item.scenarios : [found.scenario]).map(({ code }) => code)
    faults.push(
      fault(
        'SCENARIO_UNKNOWN',
        '/item/scenario',
        `办理情形应为：${allowed.join('、')}`,
        `the scenario must be one of: ${allowed.join(', ')}`,
        { allowed },
      ),
    )
    return undefined
  }
  return { item, scenario }
}

/** Matches each material to the list by code, else by its Chinese name; then says at once what is missing. */
function reviewMaterials(
  data: Submission,
  { item, scenario }: { item: Item; scenario: Scenario },
  faults: Fault[],
): Submission['materials'] | undefined {
  const before = faults.length
  const handedIn = new Set<Material>()
  const materials = data.materials.map((material, index) => {
    const listed = item.materials.find(({ code, name }) =>
      material.code === undefined ? name.zh === material.name : code === material.code,
    )
    if (listed === undefined) {
      faults.push(
        fault(
          'MATERIAL_UNKNOWN',
          `/materials/${index}/${material.code === undefined ? 'name' : 'code'}`,
          '材料不在该事项的材料清单内（规程第二十七条：不得擅自增减）',
          'this material is not on the list of the item (art. 27: none may be added)',
          {
            allowed: item.materials.map(({ code, name }) => ({ code, name: name.zh })),
          },
        ),
      )
      return material
    }
    if (material.collected !== false || (material.tolerated === true && listed.tolerable))
      handedIn.add(listed)
    return { ...material, code: listed.code }
  })
  const missing = item.materials.filter(
    (listed) => isRequired(listed, scenario.code) && !handedIn.has(listed),
  )
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name.zh)
    faults.push(
      fault(
        'MATERIALS_MISSING',
        '/materials',
        `尚缺：${names.join('、')}`,
        `still missing: ${missing.map(({ code, name }) => `${code} ${name.en}`).join('; ')}`,
        {
          missing: missing.map(({ code, name, tolerable }) => ({
            code,
            name: name.zh,
            nameEn: name.en,
            tolerable,
          })),
        },
      ),
    )
  }
  return faults.length === before ? materials : undefined
}
