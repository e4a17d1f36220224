/** What the human resources authority makes of the documents that the hub calls it with. */
import { Fields } from '../fields.ts'
import { Misread, type Reading } from '../letter.ts'

const TIME = /^\d{14}$/
const RESIDENT_ID = '10'
const ITEMS = { 'HN-RS-0017': '1141000000518101522410114001000' }
const SCENARIOS = { '01': 'initial', '02': 'change', '03': 'renewal' }

/** Field that says when it happened, by root element. */
const TIMES: Readonly<Record<string, string>> = {
  APPROVEDATAINFO: 'SBSJ',
  BQDATAINFO: 'BQSJ',
  CHDATAINFO: 'CHSJ',
  JCDATAINFO: 'JCSJ',
  LQDATAINFO: 'LQSJ',
  PJDATAINFO: 'PJSJ',
  SJINFO: 'SJSJ',
  SLINFO: 'SLSJ',
  BYSLINFO: 'BYSLSJ',
  BZGZINFO: 'BZGZSJ',
  TBCXSQINFO: 'KSSJ',
  TBCXJGINFO: 'JSSJ',
  HJINFO: 'JSSJ',
  SPINFO: 'SPSJ',
  BJINFO: 'BJSJ',
  TJINFO: 'TJSJ',
}

/** @param document the operation's element, the documents in its strings opened. @throws Misread */
export function readCall(document: unknown): Reading {
  const whole = new Fields(document)
  const operation = whole.maybeInner('reportProcess') ?? whole.inner('receiveCase')
  const { root, data, time } = rootOf(operation)
  data.shaped(time, TIME)
  data.text('BWLSH')
  const caseName = data.text('SBLSH')
  switch (root) {
    case 'APPROVEDATAINFO':
      data.choice('SQRZJLX', [RESIDENT_ID])
      data.inner('XML_DATA').inner('form')
      return {
        type: 'case.submitted',
        caseName,
        residentId: data.text('SQRZJHM'),
        applicantName: data.text('SQRMC'),
        taskCode: data.coded('SXBM', ITEMS),
        scenario: data.coded('SXQX', SCENARIOS),
        receivingRegion: data.region('SJQHDM'),
        jurisdictionRegion: data.region('XZQHDM'),
        materials: listed(data),
      }
    case 'BQDATAINFO':
      return { type: 'case.supplemented', caseName, materials: listed(data) }
    default:
      return { type: 'other', name: root, caseName }
  }
}

function rootOf(operation: Fields): { root: string; data: Fields; time: string } {
  const strings = operation.inner('xmlStr')
  const [root, time] = Object.entries(TIMES).find(([name]) => strings.maybeInner(name) !== undefined) ?? []
  if (root === undefined || time === undefined)
    throw new Misread('xmlStr holds no document of a kind that is exchanged')
  return { root, data: strings.inner(root), time }
}

/** `[纸质]审查表;[电子]学历证明` */
function listed(data: Fields): { name: string }[] {
  return data
    .text('SBCLQD')
    .split(';')
    .map((entry) => {
      const name = /^\[(?:纸质|电子)\]([^[\]]+)$/.exec(entry)?.[1]
      if (name === undefined) throw new Misread(`SBCLQD has ${entry}, which is no material`)
      return { name }
    })
}
