/** The items: their codes hold together, their lists contradict nothing, no two versions are in force on one day. */
import { itemCodeFault } from '../../canonical/item-code.ts'
import type { ConfigFault } from '../../contract/errors.ts'
import { needsPaper } from '../items.ts'
import type { ConfigFile, ItemContent, TopologyFiles } from '../topology-files.ts'

type ItemConfig = ConfigFile<ItemContent>

export function checkItems({
  items,
  systems,
  broken,
}: Pick<TopologyFiles, 'items' | 'systems' | 'broken'>): ConfigFault[] {
  const departments = new Set(
    systems.filter(({ content }) => content.role === 'department').map(({ content }) => content.id),
  )
  return items.flatMap((item, index) => [
    ...codes(item),
    ...limits(item),
    ...scenarios(item),
    ...materials(item),
    ...versions(item, items.slice(0, index)),
    ...(broken.has('systems') ? [] : owner(item, departments)),
  ])
}

function codes({ file, content: { taskCode, catalogCode } }: ItemConfig): ConfigFault[] {
  const faults: ConfigFault[] = []
  if (itemCodeFault(taskCode, 'task') !== undefined) {
    const reason = `The first 18 characters of ${taskCode} are no unified social credit code: the check character does not fit (GB 32100).`
    const remedy = 'Correct the code of the implementing body.'
    faults.push({ file, path: '/taskCode', code: 'ITEM_TASK_CODE_CHECK', reason, remedy })
  }
  if (!taskCode.endsWith(catalogCode)) {
    const reason = `The task code ends with ${taskCode.slice(-12)}, not with the catalogue code.`
    faults.push({
      file,
      path: '/catalogCode',
      code: 'ITEM_CATALOG_CODE',
      reason,
      remedy: 'Correct one of the two codes.',
    })
  }
  return faults
}

function limits({ file, content }: ItemConfig): ConfigFault[] {
  const { promisedDays, statutoryDays, effectiveFrom, effectiveUntil } = content
  const faults: ConfigFault[] = []
  if (promisedDays !== undefined && promisedDays > statutoryDays) {
    const reason = `The promised limit of ${promisedDays} working days is longer than the statutory one of ${statutoryDays}.`
    faults.push({
      file,
      path: '/promisedDays',
      code: 'ITEM_PROMISE',
      reason,
      remedy: `Promise at most ${statutoryDays}.`,
    })
  }
  if (effectiveUntil !== undefined && effectiveUntil < effectiveFrom) {
    const reason = `It ends on ${effectiveUntil}, before it begins on ${effectiveFrom}.`
    faults.push({
      file,
      path: '/effectiveUntil',
      code: 'ITEM_PERIOD',
      reason,
      remedy: 'Correct one of the two days.',
    })
  }
  return faults
}

function scenarios({ file, content }: ItemConfig): ConfigFault[] {
  return content.scenarios.flatMap(({ code, handleItem }, index) => {
    const earlier = content.scenarios.slice(0, index)
    const path = `/scenarios/${index}`
    const faults: ConfigFault[] = []
    if (earlier.some((other) => other.code === code)) {
      const reason = `The item has a scenario ${code} already.`
      faults.push({
        file,
        path: `${path}/code`,
        code: 'ITEM_SCENARIO_DUPLICATE',
        reason,
        remedy: 'Give it a code of its own.',
      })
    }
    if (!handleItem.startsWith(content.taskCode)) {
      const reason = `${handleItem} does not begin with the task code.`
      const remedy = `Write ${content.taskCode} and two digits.`
      faults.push({ file, path: `${path}/handleItem`, code: 'ITEM_HANDLE_ITEM', reason, remedy })
    } else if (earlier.some((other) => other.handleItem === handleItem)) {
      const reason = `${handleItem} is the code of another scenario of the item.`
      const remedy = 'Give each scenario a sequence of its own.'
      faults.push({ file, path: `${path}/handleItem`, code: 'ITEM_HANDLE_ITEM_DUPLICATE', reason, remedy })
    }
    return faults
  })
}

function materials({ file, content }: ItemConfig): ConfigFault[] {
  const known = new Set(content.scenarios.map(({ code }) => code))
  return content.materials.flatMap((material, index) => {
    const { code, name, required, requiredWhen, medium, paperRequired, archive } = material
    const path = `/materials/${index}`
    const faults: ConfigFault[] = []
    const fault = (place: string, kind: string, reason: string, remedy: string): void =>
      void faults.push({ file, path: `${path}${place}`, code: kind, reason, remedy })
    const earlier = content.materials.slice(0, index)
    if (earlier.some((other) => other.code === code)) {
      fault(
        '/code',
        'ITEM_MATERIAL_DUPLICATE',
        `The item has a material ${code} already.`,
        'Give it a code of its own.',
      )
    }
    // Senders without material codes are understood by the name.
    if (earlier.some((other) => other.name.zh === name.zh)) {
      fault(
        '/name/zh',
        'ITEM_MATERIAL_DUPLICATE',
        `The item has a material ${name.zh} already.`,
        'Give it a name of its own.',
      )
    }
    requiredWhen?.scenarios.forEach((scenario, at) => {
      if (known.has(scenario)) return
      const reason = `The item has no scenario ${scenario}.`
      fault(
        `/requiredWhen/scenarios/${at}`,
        'ITEM_REQUIRED_WHEN',
        reason,
        `Its scenarios are: ${[...known].join(', ')}.`,
      )
    })
    if (requiredWhen !== undefined && !required) {
      const reason = 'A material that is not required cannot be required for some scenarios.'
      fault('/requiredWhen', 'ITEM_REQUIRED_WHEN', reason, 'Set required to true, or remove requiredWhen.')
    }
    if (medium === 'electronic' && paperRequired === true) {
      fault(
        '/paperRequired',
        'ITEM_PAPER',
        'An electronic material has no paper to post.',
        'Correct medium or paperRequired.',
      )
    }
    // art. 6: 需纸质材料审查或存档的要明确标注; without the mark nobody has to post it (art. 17).
    if ((archive.form === 'paper' || archive.form === 'both') && !needsPaper(material)) {
      fault(
        '/archive/form',
        'ITEM_ARCHIVE',
        'The paper is archived, but nobody is asked to post it.',
        'Set paperRequired to true, or correct what is archived.',
      )
    }
    if ((archive.form === 'none') !== (archive.by === 'nobody')) {
      fault(
        '/archive/by',
        'ITEM_ARCHIVE',
        `What is archived is ${archive.form}, and by ${archive.by}.`,
        'Archive nothing by nobody, or name both.',
      )
    }
    return faults
  })
}

function versions({ file, content }: ItemConfig, earlier: readonly ItemConfig[]): ConfigFault[] {
  const others = earlier.filter((other) => other.content.taskCode === content.taskCode)
  const same = others.find((other) => other.content.version === content.version)
  if (same !== undefined) {
    const reason = `${same.file} is version ${content.version} of this item already.`
    return [{ file, path: '/version', code: 'ITEM_VERSION_DUPLICATE', reason, remedy: 'Raise the version.' }]
  }
  const overlapping = others.find(
    (other) =>
      content.effectiveFrom <= (other.content.effectiveUntil ?? content.effectiveFrom) &&
      other.content.effectiveFrom <= (content.effectiveUntil ?? other.content.effectiveFrom),
  )
  if (overlapping === undefined) return []
  const reason = `${overlapping.file} is in force on some of the same days.`
  return [
    {
      file,
      path: '/effectiveFrom',
      code: 'ITEM_PERIOD',
      reason,
      remedy: 'End one version on the day before the other begins.',
    },
  ]
}

function owner({ file, content }: ItemConfig, departments: ReadonlySet<string>): ConfigFault[] {
  if (departments.has(content.owner)) return []
  const reason = `There is no department system ${content.owner}.`
  return [
    {
      file,
      path: '/owner',
      code: 'ITEM_OWNER_UNKNOWN',
      reason,
      remedy: 'Name a system of systems/ with role department.',
    },
  ]
}
