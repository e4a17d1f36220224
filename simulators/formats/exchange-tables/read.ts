/** What the natural resources authority makes of the rows that the hub wrote for it. */
import { Fields } from '../fields.ts'
import { Misread, type Reading } from '../letter.ts'
import type { Identity } from '../partner-format.ts'

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/
const BATCH = /^\d{8}-\d\d$/

/** By table: the hub's word for what it tells, and the column that says when it happened. */
const KINDS: Readonly<Record<string, readonly [type: string, time: string]>> = {
  UP_PRO_ACCEPT: ['case.submitted', 'apply_date'],
  UP_PRO_SUPPLEMENT: ['case.supplemented', 'supplement_date'],
  UP_PRO_WITHDRAW: ['case.withdrawn', 'withdraw_date'],
  UP_PRO_PAPER: ['paper.posted', 'send_date'],
  UP_PRO_DELIVER: ['result.delivered', 'deliver_date'],
  UP_PRO_EVALUATE: ['evaluation.submitted', 'assess_time'],
}

const SCENES = {
  '01': 'initial',
  '02': 'reissue',
  '03': 'renewal',
  '04': 'change',
  '05': 'addition',
  '06': 'cancellation',
}

/** @throws Misread */
export function identifyRow(document: unknown): Identity {
  const { row, type } = openRow(document)
  return { messageId: row.text('row_guid'), type, caseNo: row.text('project_no') }
}

/** @throws Misread */
export function readRow(document: unknown): Reading {
  const { whole, table, row, type, time } = openRow(document)
  row.choice('cd_operation', ['I'])
  row.shaped('cd_time', TIME)
  row.shaped('cd_batch', BATCH)
  row.choice('data_source', ['p41'])
  row.shaped(time, TIME)
  const caseName = row.text('project_no')
  switch (type) {
    case 'case.submitted':
      row.choice('applyer_page_type', ['111'])
      return {
        type,
        caseName,
        residentId: row.text('applyer_page_code'),
        applicantName: row.text('applyer_name'),
        taskCode: row.shaped('task_code', /^.{31}$/),
        scenario: row.coded('scene_code', SCENES),
        receivingRegion: row.region('accept_area_code'),
        jurisdictionRegion: row.region('handle_area_code'),
        materials: materialsOf(whole),
      }
    case 'case.supplemented':
      return { type, caseName, materials: materialsOf(whole) }
    default:
      return { type: 'other', name: table, caseName }
  }
}

function openRow(document: unknown) {
  const whole = new Fields(document)
  const table = whole.text('table')
  const [type, time] = KINDS[table] ?? []
  if (type === undefined || time === undefined)
    throw new Misread(`table is ${table}, in which nobody writes to the authority`)
  return { whole, table, row: whole.inner('row'), type, time }
}

function materialsOf(whole: Fields): { name: string }[] {
  return whole
    .inner('details')
    .list('materials')
    .map((material) => {
      material.choice('get_type', ['1', '2'])
      return { name: material.text('material_name') }
    })
}
