/**
 * What a provincial department sends in the national style: one row a message, `{head, data}`, every key in lower case,
 * named after the columns of the national front-end database. A day is written as its midnight. It has no window.
 */
import { spaced } from '../../beijing.ts'
import type { DecidingLetter, Envelope, Letter } from '../letter.ts'

export interface RowDocument {
  readonly head: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, unknown>>
}

/** @throws Error where the letter is a window's */
export function writeRow(letter: Letter, envelope: Envelope): RowDocument {
  if (!('office' in letter)) throw new Error(`A department has no window and sends no ${letter.type}.`)
  const [service, columns] = columnsOf(letter)
  const { org, clerk } = letter.office
  return {
    head: {
      service_code: service,
      row_guid: `${envelope.sender.id}-${envelope.letterNo}`,
      cd_operation: 'I',
      cd_time: spaced(envelope.writtenAt),
      data_source: '141',
    },
    data: {
      project_no: envelope.caseNo,
      local_project_no: letter.departmentNo,
      ...columns,
      org_code: org.code,
      org_name: org.name,
      handle_user_id: clerk.id,
      handle_user_name: clerk.name,
    },
  }
}

function columnsOf(letter: DecidingLetter): [service: string, columns: Record<string, unknown>] {
  const at = spaced(letter.at)
  switch (letter.type) {
    case 'case.received':
      return ['pro_receive', { receive_date: at }]
    case 'case.accepted':
      return [
        'pro_accept',
        {
          accept_date: at,
          accept_doc_no: letter.noticeNo,
          promise_date: midnight(letter.promisedDay),
          project_type: '2',
          notice_way: '1',
        },
      ]
    case 'case.refused':
      return [
        'pro_refuse',
        {
          refuse_date: at,
          refuse_reason: letter.reasons.join('\n'),
          refuse_doc_no: letter.noticeNo,
          notice_way: '1',
        },
      ]
    case 'correction.requested':
      return [
        'pro_correct',
        {
          correct_date: at,
          notice_no: letter.noticeNo,
          correct_times: letter.round,
          correct_list: letter.things.map(({ code, name, requirement }) => ({
            material_code: code,
            material_name: name,
            correct_reason: requirement,
          })),
          correct_ways: [
            { way_type: '1', address: 'https://zwfw.example/bz' },
            { way_type: '3', way_explain: '原收件窗口' },
          ],
          limit_date: midnight(letter.dueDay),
        },
      ]
    case 'procedure.started':
      return [
        'pro_special_begin',
        {
          special_id: letter.procedureNo,
          special_type: '4',
          special_name: letter.name,
          special_time: at,
          special_reason: letter.reason,
          expect_end_time: midnight(letter.expectedEndDay),
        },
      ]
    case 'procedure.ended':
      return [
        'pro_special_end',
        {
          special_id: letter.procedureNo,
          special_type: '4',
          special_name: letter.name,
          end_time: at,
          result: letter.result,
        },
      ]
    case 'step.recorded':
      return [
        'pro_process',
        {
          process_name: letter.name,
          event_name: '1',
          event_start_time: spaced(letter.startedAt),
          event_end_time: at,
          handle_explain: letter.opinion,
        },
      ]
    case 'case.decided':
      return [
        'pro_decide',
        {
          decide_date: at,
          decide_type: letter.granted ? '1' : '2',
          handle_explain: letter.opinion,
          decide_doc_no: letter.documentNo,
        },
      ]
    case 'case.completed':
      return [
        'pro_result',
        {
          result_date: at,
          result_type: letter.granted ? '6' : '7',
          result_explain: letter.explanation,
          is_print: '1',
          ...(letter.licence === undefined
            ? {}
            : {
                result_cetr_name: letter.licence.name,
                result_cetr_no: letter.licence.number,
                cetr_issuer: letter.licence.issuer,
                cetr_issue_date: midnight(letter.licence.issuedDay),
                cetr_valid_begin: midnight(letter.licence.validFromDay),
                cetr_valid_end: midnight(letter.licence.validUntilDay),
              }),
        },
      ]
  }
}

function midnight(day: string): string {
  return `${day} 00:00:00`
}
