/**
 * What an older vendor's acceptance system sends: one flat object of pinyin abbreviations, everything text. `SBLSH` is
 * the system's own number where it speaks as the receiving window, and the hub's where it speaks as the deciding desk.
 */
import { compact } from '../../beijing.ts'
import type { DecidingLetter, Envelope, HandedIn, Letter, Office, Window } from '../letter.ts'
import { codeOf, ITEMS, RESIDENT_ID, SCENARIOS } from './codes.ts'

export type FlatDocument = Readonly<Record<string, unknown>>

export function writePinyin(letter: Letter, envelope: Envelope): FlatDocument {
  const head = { BWLSH: `${envelope.sender.id}-${envelope.letterNo}`, SJBB: '1' }
  switch (letter.type) {
    case 'case.submitted': {
      const { item, applicant, window } = letter
      return {
        ...head,
        YWDM: 'SB',
        SBLSH: envelope.ownNo,
        XMMC: `${applicant.name}${item.name}`,
        BJLX: '2',
        SXBM: codeOf(ITEMS, item.taskCode),
        SXMC: item.name,
        SXBB: String(item.version),
        SXQX: codeOf(SCENARIOS, item.scenario),
        SQFS: '0',
        SBSJ: compact(letter.appliedAt),
        SJSJ: compact(letter.receivedAt),
        SQRLX: '1',
        SQRMC: applicant.name,
        SQRZJLX: RESIDENT_ID,
        SQRZJHM: applicant.residentId,
        FDDBR: '无',
        SQRSJ: applicant.mobile,
        SQRDZ: applicant.address,
        YZBM: '',
        SLDQH: `${letter.receivingRegion}000000`,
        DTBH: window.hallId,
        DTMC: window.hallName,
        ...atWindow(window),
        XZQHDM: `${letter.jurisdictionRegion}000000`,
        SBCL: letter.materials.map(materialOf),
        LQFS: '0',
      }
    }
    case 'case.supplemented':
      return {
        ...head,
        YWDM: 'BZ',
        SBLSH: envelope.ownNo,
        BZSJ: compact(letter.at),
        BZCS: String(letter.round),
        TZSBH: letter.noticeNo ?? '',
        SBCL: letter.materials.map(materialOf),
        JBRBH: letter.window.clerk.id,
        JBRXM: letter.window.clerk.name,
      }
    case 'result.delivered':
      return {
        ...head,
        YWDM: 'LZ',
        SBLSH: envelope.ownNo,
        LQSJ: compact(letter.at),
        LQFS: '0',
        LQRXM: letter.recipient.name,
        LQRZJLX: RESIDENT_ID,
        LQRZJHM: letter.recipient.residentId,
        ...atWindow(letter.window),
      }
    default:
      return {
        ...head,
        SBLSH: envelope.caseNo,
        YWLSH: letter.departmentNo,
        ...decisionOf(letter),
        ...by(letter.office),
      }
  }
}

function decisionOf(letter: DecidingLetter): FlatDocument {
  const at = compact(letter.at)
  switch (letter.type) {
    case 'case.received':
      return { YWDM: 'SJ', SDSJ: at }
    case 'case.accepted':
      return {
        YWDM: 'SL',
        SLSJ: at,
        SLWSBH: letter.noticeNo,
        CNBJRQ: bare(letter.promisedDay),
        BJLX: '2',
        WSSDFS: '1',
      }
    case 'case.refused':
      return { YWDM: 'BSL', BSLSJ: at, BSLYY: letter.reasons.join('\n'), WSBH: letter.noticeNo, WSSDFS: '1' }
    case 'correction.requested':
      return {
        YWDM: 'BZGZ',
        BZGZSJ: at,
        TZSBH: letter.noticeNo,
        BZCS: String(letter.round),
        BZGZYY: letter.things.map(({ requirement }) => requirement).join('\n'),
        BZCLQD: letter.things.map(({ name }) => name).join(';'),
        BQBZCLBM: letter.things.map(({ code }) => code).join(';'),
        BZTJ: [
          { TJLX: '1', TJDZ: 'https://zwfw.example/bz' },
          { TJLX: '3', TJSM: '原收件窗口' },
        ],
        BZQX: bare(letter.dueDay),
      }
    case 'procedure.started':
      return {
        YWDM: 'TCKS',
        TCBH: letter.procedureNo,
        TCZL: '3',
        TCMC: letter.name,
        KSSJ: at,
        TCYY: letter.reason,
        YJJSRQ: bare(letter.expectedEndDay),
      }
    case 'procedure.ended':
      return {
        YWDM: 'TCJS',
        TCBH: letter.procedureNo,
        TCZL: '3',
        TCMC: letter.name,
        JSSJ: at,
        TCJG: letter.result,
      }
    case 'step.recorded':
      return {
        YWDM: 'HJ',
        HJMC: letter.name,
        HJJG: '1',
        KSSJ: compact(letter.startedAt),
        JSSJ: at,
        BLYJ: letter.opinion,
      }
    case 'case.decided':
      return {
        YWDM: 'SP',
        SPSJ: at,
        SPJG: letter.granted ? '1' : '0',
        SPYJ: letter.opinion,
        JDSWH: letter.documentNo,
      }
    case 'case.completed':
      return {
        YWDM: 'BJ',
        BJSJ: at,
        BJJG: letter.granted ? '0' : '1',
        JGSM: letter.explanation,
        SFDY: '1',
        ...(letter.licence === undefined
          ? {}
          : {
              ZZMC: letter.licence.name,
              ZZBH: letter.licence.number,
              FZJG: letter.licence.issuer,
              FZRQ: bare(letter.licence.issuedDay),
              YXQQ: bare(letter.licence.validFromDay),
              YXQZ: bare(letter.licence.validUntilDay),
            }),
      }
  }
}

/** CLLX 2 = 电子件; SFSQ 0 = 已收取, the other way round from the national book. */
function materialOf({ code, name, originals, copies, files }: HandedIn): FlatDocument {
  return {
    CLXH: code,
    CLMC: name,
    CLLX: '2',
    YJFS: String(originals),
    FYJFS: String(copies),
    SFBY: '1',
    SFSQ: '0',
    WJ: files.map(({ id, name: file, size, sm3 }) => ({
      WJID: id,
      WJMC: file,
      WJDX: String(size),
      ZYSF: 'SM3',
      ZYZ: sm3.toUpperCase(),
    })),
  }
}

function atWindow({ windowId, clerk }: Window): FlatDocument {
  return { CKBH: windowId, JBRBH: clerk.id, JBRXM: clerk.name }
}

function by({ org, clerk }: Office): FlatDocument {
  return { BMDM: org.code, BMMC: org.name, BLRBH: clerk.id, BLRXM: clerk.name }
}

/** `2026-09-30` → `20260930` */
function bare(day: string): string {
  return day.replaceAll('-', '')
}
