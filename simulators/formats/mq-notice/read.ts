/** What the transport authority makes of what the hub publishes to it. */
import { Fields } from '../fields.ts'
import { Misread, type Reading } from '../letter.ts'

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/
const RESIDENT_ID = '111'

/** Section and field that say when it happened, by kind. */
const TIMES: Readonly<Record<string, readonly [section: string, field: string]>> = {
  SQ: ['sq', 'sqsj'],
  BQ: ['bq', 'bqsj'],
  CH: ['ch', 'chsj'],
  JC: ['jc', 'jcsj'],
  LQ: ['lq', 'lqsj'],
  PJ: ['pj', 'pjsj'],
}

/** @throws Misread */
export function readTransport(document: unknown): Reading {
  const whole = new Fields(document)
  whole.text('msgId')
  whole.shaped('fsj', TIME)
  const kind = whole.text('type')
  const [section, field] = TIMES[kind] ?? []
  if (section === undefined || field === undefined)
    throw new Misread(`type is ${kind}, which the transport authority does not know`)
  whole.inner(section).shaped(field, TIME)
  const caseName = whole.inner('caseRef').text('sblsh')
  switch (kind) {
    case 'SQ': {
      const applicant = whole.inner('sqr')
      applicant.choice('zjlx', [RESIDENT_ID])
      const application = whole.inner('sq')
      return {
        type: 'case.submitted',
        caseName,
        residentId: applicant.text('zjhm'),
        applicantName: applicant.text('xm'),
        taskCode: application.text('sxbm'),
        scenario: application.text('qx'),
        receivingRegion: whole.inner('sjd').region('qh'),
        jurisdictionRegion: whole.inner('sd').region('qh'),
        materials: stuffs(whole),
      }
    }
    case 'BQ':
      return { type: 'case.supplemented', caseName, materials: stuffs(whole) }
    default:
      return { type: 'other', name: kind, caseName }
  }
}

function stuffs(whole: Fields): { name: string }[] {
  return whole.list('cl').map((stuff) => {
    stuff.choice('clxs', ['0', '1'])
    return { name: stuff.text('clmc') }
  })
}
