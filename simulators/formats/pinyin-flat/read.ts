/** What an older vendor's acceptance system makes of what the hub sends it. */
import { Fields } from '../fields.ts'
import { Misread, type Reading } from '../letter.ts'
import { ITEMS, RESIDENT_ID, SCENARIOS } from './codes.ts'

const TIME = /^\d{14}$/

/** Field that says when it happened, by message; every message known to this system is in it. */
const TIMES: Readonly<Record<string, string>> = {
  SB: 'SBSJ',
  BZ: 'BZSJ',
  CH: 'CHSJ',
  YJ: 'YJSJ',
  LZ: 'LQSJ',
  SJ: 'SDSJ',
  SL: 'SLSJ',
  BSL: 'BSLSJ',
  BZGZ: 'BZGZSJ',
  TCKS: 'KSSJ',
  TCJS: 'JSSJ',
  HJ: 'KSSJ',
  SP: 'SPSJ',
  BJ: 'BJSJ',
  TJ: 'TJSJ',
  ZZSD: 'SDSJ',
  XZQQ: 'QQSJ',
  XZYD: 'JTSJ',
  ZNJC: 'JCSJ',
  JCJG: 'CLSJ',
  TS: 'TSSJ',
  TSJG: 'CLSJ',
}

/** @throws Misread */
export function readPinyin(document: unknown): Reading {
  const body = new Fields(document)
  body.text('BWLSH')
  const kind = body.text('YWDM')
  const timeField = TIMES[kind]
  if (timeField === undefined) throw new Misread(`YWDM is ${kind}, which the vendor does not know`)
  body.shaped(timeField, TIME)
  const caseName = body.text('SBLSH')
  switch (kind) {
    case 'SB':
      body.choice('SQRZJLX', [RESIDENT_ID])
      return {
        type: 'case.submitted',
        caseName,
        residentId: body.text('SQRZJHM'),
        applicantName: body.text('SQRMC'),
        taskCode: body.coded('SXBM', ITEMS),
        scenario: body.coded('SXQX', SCENARIOS),
        receivingRegion: body.region('SLDQH'),
        jurisdictionRegion: body.region('XZQHDM'),
        materials: materials(body),
      }
    case 'BZ':
      return { type: 'case.supplemented', caseName, materials: materials(body) }
    case 'BZGZ':
      body.text('BZGZYY')
      for (const way of body.list('BZTJ')) way.choice('TJLX', ['1', '2', '3'])
      return {
        type: 'correction.requested',
        caseName,
        noticeNo: body.maybeText('TZSBH'),
        things: things(body),
      }
    case 'BSL':
      return { type: 'case.refused', caseName, reasons: body.text('BSLYY').split('\n') }
    case 'BJ': {
      const granted = body.choice('BJJG', ['0', '1', '2', '5', '6']) === '0'
      return { type: 'case.completed', caseName, granted, licenceNo: body.maybeText('ZZBH') }
    }
    default:
      return { type: 'other', name: kind, caseName }
  }
}

/** Names and codes stand in two texts, one for one. */
function things(body: Fields): { code: string | undefined; name: string }[] {
  const names = body.text('BZCLQD').split(';')
  const codes = body.maybeText('BQBZCLBM')?.split(';') ?? names.map(() => '')
  if (codes.length !== names.length)
    throw new Misread(`BZCLQD names ${names.length} materials, BQBZCLBM ${codes.length}`)
  return names.map((name, index) => ({ name, code: codes[index] || undefined }))
}

function materials(body: Fields): { name: string }[] {
  return body.list('SBCL').map((material) => {
    material.choice('CLLX', ['0', '1', '2'])
    material.shaped('YJFS', /^\d+$/)
    return { name: material.text('CLMC') }
  })
}
