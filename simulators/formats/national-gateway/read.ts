/** What a provincial department makes of the rows that the hub sends it. */
import { Fields } from '../fields.ts'
import { Misread, type Reading } from '../letter.ts'

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/

/** Column that says when it happened, by service; every service known to a department is in it. */
const TIMES: Readonly<Record<string, string>> = {
  pro_apply: 'apply_date',
  pro_supplement: 'supplement_date',
  pro_withdraw: 'withdraw_date',
  pro_paper_send: 'send_date',
  pro_deliver: 'deliver_date',
  pro_evaluate: 'assess_time',
  pro_receive: 'receive_date',
  pro_accept: 'accept_date',
  pro_refuse: 'refuse_date',
  pro_correct: 'correct_date',
  pro_special_begin: 'special_time',
  pro_special_end: 'end_time',
  pro_process: 'event_start_time',
  pro_decide: 'decide_date',
  pro_result: 'result_date',
  pro_return: 'return_date',
}

const SCENES = {
  '01': 'renewal',
  '02': 'initial',
  '03': 'change',
  '04': 'addition',
  '05': 'reissue',
  '06': 'cancellation',
}

/** @throws Misread */
export function readRow(document: unknown): Reading {
  const whole = new Fields(document)
  const head = whole.inner('head')
  const data = whole.inner('data')
  head.text('row_guid')
  head.choice('cd_operation', ['I', 'U'])
  head.shaped('cd_time', TIME)
  const service = head.text('service_code')
  if (service === 'sms_send') {
    data.shaped('mobile', /^1[3-9]\d{9}$/)
    data.text('template_code')
    return { type: 'other', name: service, caseName: data.text('project_no') }
  }
  const timeColumn = TIMES[service]
  if (timeColumn === undefined)
    throw new Misread(`head.service_code is ${service}, which departments do not know`)
  data.shaped(timeColumn, TIME)
  const caseName = data.text('project_no')
  switch (service) {
    case 'pro_apply':
      data.choice('applyer_page_type', ['111'])
      return {
        type: 'case.submitted',
        caseName,
        residentId: data.text('applyer_page_code'),
        applicantName: data.text('applyer_name'),
        taskCode: data.shaped('task_code', /^.{31}$/),
        scenario: data.coded('scene_code', SCENES),
        receivingRegion: data.region('accept_area_code'),
        jurisdictionRegion: data.region('handle_area_code'),
        materials: materials(data),
      }
    case 'pro_supplement':
      return { type: 'case.supplemented', caseName, materials: materials(data) }
    case 'pro_correct': {
      for (const way of data.list('correct_ways')) way.choice('way_type', ['1', '2', '3'])
      const things = data
        .list('correct_list')
        .map((thing) => ({ code: thing.maybeText('material_code'), name: thing.text('material_name') }))
      return { type: 'correction.requested', caseName, noticeNo: data.maybeText('notice_no'), things }
    }
    case 'pro_refuse':
      return { type: 'case.refused', caseName, reasons: data.text('refuse_reason').split('\n') }
    case 'pro_result': {
      const granted = data.choice('result_type', ['1', '5', '6', '7', '9']) === '6'
      return { type: 'case.completed', caseName, granted, licenceNo: data.maybeText('result_cetr_no') }
    }
    default:
      return { type: 'other', name: service, caseName }
  }
}

function materials(data: Fields): { name: string }[] {
  return data.list('materials').map((material) => {
    material.choice('get_type', ['1', '2'])
    return { name: material.text('material_name') }
  })
}
