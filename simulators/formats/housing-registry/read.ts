/** What the registration system makes of what the hub sends it: applications, and copies of what cities and counties decide. */
import { Fields } from '../fields.ts'
import { Misread, type Reading } from '../letter.ts'
import { MAJORS, REGISTRATIONS, RESIDENT_ID } from './codes.ts'

const TIME = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/

/** Part and field that say when it happened, by kind; every kind known to this system is in it. */
const TIMES: Readonly<Record<string, readonly [part: string, field: string]>> = {
  APPLY: ['registration', 'applyTime'],
  SUPPLY: ['supply', 'supplyTime'],
  WITHDRAW: ['withdraw', 'withdrawTime'],
  PAPER_SEND: ['paper', 'sendTime'],
  TAKEN: ['taken', 'takeTime'],
  SCORE: ['score', 'scoreTime'],
  RECEIVE: ['receive', 'receiveTime'],
  ACCEPT: ['accept', 'acceptTime'],
  REJECT: ['reject', 'rejectTime'],
  CORRECT: ['correct', 'noticeTime'],
  SPECIAL_BEGIN: ['special', 'beginTime'],
  SPECIAL_END: ['special', 'endTime'],
  NODE: ['node', 'beginTime'],
  APPROVE: ['approve', 'approveTime'],
  FINISH: ['finish', 'finishTime'],
  SENDBACK: ['sendback', 'sendbackTime'],
}

/** @throws Misread */
export function readRegistry(document: unknown): Reading {
  const whole = new Fields(document)
  const head = whole.inner('msgHead')
  const body = whole.inner('msgBody')
  head.text('msgNo')
  head.shaped('sentAt', TIME)
  const kind = head.text('bizCode')
  const [partName, timeField] = TIMES[kind] ?? []
  if (partName === undefined || timeField === undefined) {
    throw new Misread(`msgHead.bizCode is ${kind}, which the registration system does not know`)
  }
  const part = body.inner(partName)
  part.shaped(timeField, TIME)
  const caseName = body.inner('regCase').text('platformNo')
  switch (kind) {
    case 'APPLY': {
      const person = body.inner('person')
      person.choice('idKind', [RESIDENT_ID])
      return {
        type: 'case.submitted',
        caseName,
        residentId: person.text('idNo'),
        applicantName: person.text('name'),
        taskCode: part.coded('majorCode', MAJORS),
        scenario: part.coded('regType', REGISTRATIONS),
        receivingRegion: body.inner('acceptPoint').region('areaCode'),
        jurisdictionRegion: body.inner('approvePoint').region('areaCode'),
        materials: stuffs(body),
      }
    }
    case 'SUPPLY':
      return { type: 'case.supplemented', caseName, materials: stuffs(body) }
    case 'CORRECT': {
      for (const way of part.list('ways')) way.choice('way', ['WS', 'YJ', 'CK'])
      const things = part
        .list('points')
        .map((point) => ({ code: point.maybeText('stuffNo'), name: point.text('stuffName') }))
      return { type: 'correction.requested', caseName, noticeNo: part.maybeText('noticeNo'), things }
    }
    case 'REJECT':
      return { type: 'case.refused', caseName, reasons: part.texts('reasons') }
    case 'FINISH': {
      const granted = part.choice('result', ['1', '2', '3', '4', '7', '9']) === '1'
      return {
        type: 'case.completed',
        caseName,
        granted,
        licenceNo: part.maybeInner('cert')?.maybeText('certNo'),
      }
    }
    default:
      return { type: 'other', name: kind, caseName }
  }
}

function stuffs(body: Fields): { name: string }[] {
  return body.list('stuffs').map((stuff) => {
    stuff.choice('stuffForm', ['Z', 'D'])
    stuff.choice('gotten', ['Y', 'N'])
    return { name: stuff.text('stuffName') }
  })
}
