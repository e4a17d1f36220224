/** What a system of the acceptance gateway makes of what the hub sends it: the same messages that it sends itself. */
import { Fields } from '../fields.ts'
import { Misread, type Reading } from '../letter.ts'
import { SCENARIOS } from './codes.ts'

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/

/** Field that says when it happened, by message; every message known to this system is in it. */
const TIMES: Readonly<Record<string, string>> = {
  CASE_APPLY: 'applyDate',
  CASE_SUPPLEMENT: 'supplementDate',
  CASE_WITHDRAW: 'withdrawDate',
  PAPER_POST: 'sendTime',
  RESULT_DELIVER: 'deliverTime',
  DEPT_RECEIVE: 'receiveDate',
  DEPT_ACCEPT: 'acceptDate',
  DEPT_REFUSE: 'refuseDate',
  DEPT_CORRECT: 'noticeDate',
  DEPT_STEP: 'eventStartTime',
  DEPT_SPECIAL_BEGIN: 'specialTime',
  DEPT_SPECIAL_END: 'endTime',
  DEPT_DECIDE: 'decideDate',
  DEPT_COMPLETE: 'resultDate',
  DEPT_RETURN: 'returnDate',
  PAPER_RECEIVE: 'receiveTime',
  ASSIST_REQUEST: 'requestTime',
  ASSIST_ANSWER: 'answerTime',
  GUIDE_DISPUTE: 'disputeTime',
  GUIDE_RESOLVE: 'resolveTime',
  COMPLAINT_RAISE: 'complaintTime',
  COMPLAINT_RESOLVE: 'resolveTime',
}

/** @throws Misread */
export function readGateway(document: unknown): Reading {
  const whole = new Fields(document)
  const head = whole.inner('head')
  const body = whole.inner('body')
  head.text('requestNo')
  const apiCode = head.text('apiCode')
  const timeField = TIMES[apiCode]
  if (timeField === undefined)
    throw new Misread(`head.apiCode is ${apiCode}, which the gateway does not know`)
  body.shaped(timeField, TIME)
  const caseName = body.text('unifiedNo')
  switch (apiCode) {
    case 'CASE_APPLY':
      body.choice('applyerPageType', ['111'])
      return {
        type: 'case.submitted',
        caseName,
        residentId: body.text('applyerPageCode'),
        applicantName: body.text('applyerName'),
        taskCode: body.shaped('taskCode', /^.{31}$/),
        scenario: body.coded('scenario', SCENARIOS),
        receivingRegion: body.region('acceptAreaCode'),
        jurisdictionRegion: body.region('handleAreaCode'),
        materials: materials(body),
      }
    case 'CASE_SUPPLEMENT':
      return { type: 'case.supplemented', caseName, materials: materials(body) }
    case 'DEPT_CORRECT':
      for (const way of body.list('ways')) way.choice('wayType', ['1', '2', '3'])
      return {
        type: 'correction.requested',
        caseName,
        noticeNo: body.maybeText('noticeNo'),
        things: body.list('items').map((thing) => ({
          code: thing.maybeText('materialCode'),
          name: thing.text('materialName'),
        })),
      }
    case 'DEPT_REFUSE':
      return { type: 'case.refused', caseName, reasons: body.texts('reasons') }
    case 'DEPT_COMPLETE': {
      const granted = body.choice('resultType', ['0', '1', '2', '3', '9']) === '0'
      return {
        type: 'case.completed',
        caseName,
        granted,
        licenceNo: body.maybeInner('certificate')?.text('certNo'),
      }
    }
    default:
      return { type: 'other', name: apiCode, caseName }
  }
}

function materials(body: Fields): { name: string }[] {
  return body.list('materials').map((material) => {
    material.choice('getType', ['1', '2', '3', '4'])
    return { name: material.text('materialName') }
  })
}
