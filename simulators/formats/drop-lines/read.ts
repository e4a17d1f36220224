/** What the market regulator makes of the files that the hub drops for it. */
import { Fields } from '../fields.ts'
import { Misread, type Reading } from '../letter.ts'
import type { Identity } from '../partner-format.ts'

const DAY = /^\d{4}\/\d\d\/\d\d$/
const TIME = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/
const RESIDENT_ID = '111'
const SCENARIOS = { '10': 'initial', '20': 'change', '30': 'renewal' }

/** What the hub calls the kinds of files that it writes. */
const TYPES: Readonly<Record<string, string>> = {
  SQ: 'case.submitted',
  BQ: 'case.supplemented',
  CH: 'case.withdrawn',
  YJ: 'paper.posted',
  LQ: 'result.delivered',
  PJ: 'evaluation.submitted',
}

const OWN_KINDS = ['SJ', 'SL', 'BYSL', 'BZ', 'TSKS', 'TSJS', 'HJ', 'SP', 'BJ', 'TJ']

/** @throws Misread */
export function readDrop(document: unknown): Reading {
  const whole = new Fields(document)
  const kind = kindOf(whole)
  const detail = whole.inner('D')
  detail.shaped('rq', DAY)
  detail.text('xh')
  const caseName = detail.text('tybh')
  switch (kind) {
    case 'SQ': {
      const application = whole.inner('A')
      application.choice('zjlx', [RESIDENT_ID])
      application.shaped('sqsj', TIME)
      return {
        type: 'case.submitted',
        caseName,
        residentId: detail.text('zjhm'),
        applicantName: detail.text('mc'),
        taskCode: detail.shaped('sxbm', /^.{31}$/),
        scenario: application.coded('qx', SCENARIOS),
        receivingRegion: application.region('slqh'),
        jurisdictionRegion: application.region('sdqh'),
        materials: materials(document, whole),
      }
    }
    case 'BQ':
      return { type: 'case.supplemented', caseName, materials: materials(document, whole) }
    case 'LQ':
      whole.inner('K').choice('lqfs', ['1', '2', '3', '4'])
      break
    case 'PJ':
      whole.inner('P').choice('myd', ['1', '2', '3', '4', '5'])
      break
  }
  return { type: 'other', name: kind, caseName }
}

/** Who is told what: name and header say the same kind and region. @throws Misread */
export function identifyDrop(name: string, document: unknown): Identity {
  const [, region, kind] = /^HN_(\d{6})_([A-Z]{2})_\d{8}_[\w.-]+\.txt$/.exec(name) ?? []
  const whole = new Fields(document)
  const header = whole.inner('H')
  if (kind === undefined || header.text('lx') !== kind || header.region('qh') !== region)
    throw new Misread(`the file ${name} is not called as its header says`)
  const type = TYPES[kind]
  if (type === undefined) throw new Misread(`the file ${name} is of a kind that is the agency's own`)
  const detail = whole.inner('D')
  return { messageId: detail.text('xh'), type, caseNo: detail.text('tybh') }
}

function kindOf(whole: Fields): string {
  const header = whole.inner('H')
  const kind = header.text('lx')
  if (!Object.hasOwn(TYPES, kind) && !OWN_KINDS.includes(kind))
    throw new Misread(`H.lx is ${kind}, which the market regulator does not know`)
  header.choice('fs', ['HN'])
  header.region('qh')
  header.shaped('rq', /^\d{8}$/)
  return kind
}

/** A file without materials has no such line. */
function materials(document: unknown, whole: Fields): { name: string }[] {
  if ((document as { M?: unknown }).M === undefined) return []
  return whole.list('M').map((material) => {
    material.choice('xs', ['0', '1'])
    return { name: material.text('clmc') }
  })
}
