/** What the human resources authority reports: one root element for each kind, all of it text. */
import { compact } from '../../beijing.ts'
import type { DecidingLetter, Envelope, Letter } from '../letter.ts'
import { element, type Written } from './xml.ts'

/** The inner document, declaration included. @throws Error where the letter is a window's */
export function reportOf(letter: Letter, { letterNo, caseNo, ownNo }: Envelope): string {
  if (!('office' in letter))
    throw new Error(`The human resources authority has no window and sends no ${letter.type}.`)
  const { org, clerk } = letter.office
  const [root, content] = contentOf(letter)
  const report = {
    BWLSH: letterNo,
    BBH: '1',
    SBLSH: caseNo,
    YWLSH: ownNo,
    JGDM: org.code,
    JGMC: org.name,
    ...content,
    BLRGH: clerk.id,
    BLRXM: clerk.name,
    BZ: '',
  }
  return `<?xml version="1.0" encoding="GBK"?>\n${element(root, report)}`
}

/** `2026-09-30` → `20260930` */
function digits(day: string): string {
  return day.replaceAll('-', '')
}

function contentOf(letter: DecidingLetter): [root: string, content: Readonly<Record<string, Written>>] {
  const at = compact(letter.at)
  switch (letter.type) {
    case 'case.received':
      return ['SJINFO', { SJSJ: at }]
    case 'case.accepted':
      return ['SLINFO', { SLSJ: at, SLHZH: letter.noticeNo, CNBJRQ: digits(letter.promisedDay) }]
    case 'case.refused':
      return ['BYSLINFO', { BYSLSJ: at, BYSLWSH: letter.noticeNo, LYS: { LY: letter.reasons } }]
    case 'correction.requested': {
      const things = letter.things.map(({ code, name, requirement }) => ({
        CLBM: code,
        CLMC: name,
        BZYQ: requirement,
      }))
      const ways = [
        { FS: '1', DZ: 'https://rs.example/bz', SM: '' },
        { FS: '0', DZ: '', SM: '原收件窗口' },
      ]
      return [
        'BZGZINFO',
        {
          BZGZSJ: at,
          BZWSH: letter.noticeNo,
          BZCS: String(letter.round),
          CLS: { CL: things },
          TJS: { TJ: ways },
          BZQX: digits(letter.dueDay),
        },
      ]
    }
    case 'procedure.started':
      return [
        'TBCXSQINFO',
        {
          KSSJ: at,
          TBCXBH: letter.procedureNo,
          TBCXLX: '3',
          TBCXMC: letter.name,
          TBCXYY: letter.reason,
          YJJSRQ: digits(letter.expectedEndDay),
        },
      ]
    case 'procedure.ended':
      return [
        'TBCXJGINFO',
        { JSSJ: at, TBCXBH: letter.procedureNo, TBCXLX: '3', TBCXMC: letter.name, TBCXJG: letter.result },
      ]
    case 'step.recorded':
      return [
        'HJINFO',
        { HJMC: letter.name, HJJG: '1', KSSJ: compact(letter.startedAt), JSSJ: at, BLYJ: letter.opinion },
      ]
    case 'case.decided':
      return [
        'SPINFO',
        { SPSJ: at, SPJG: letter.granted ? '1' : '0', SPYJ: letter.opinion, PZWH: letter.documentNo },
      ]
    case 'case.completed': {
      const { licence, granted, explanation } = letter
      const result = { BJSJ: at, BJJG: granted ? '0' : '7', BJSM: explanation }
      if (licence === undefined) return ['BJINFO', result]
      const ZZ = {
        ZZMC: licence.name,
        ZZHM: licence.number,
        FZJG: licence.issuer,
        FZRQ: digits(licence.issuedDay),
        YXQQ: digits(licence.validFromDay),
        YXQZ: digits(licence.validUntilDay),
      }
      return ['BJINFO', { ...result, ZZ }]
    }
  }
}
