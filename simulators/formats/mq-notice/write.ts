/** What the transport authority says: a thin notice of what happened, and the record that is read when the notice is followed. */
import { spaced } from '../../beijing.ts'
import type { DecidingLetter, Envelope, Letter } from '../letter.ts'

export interface Notice {
  readonly msgId: string
  readonly caseRef: { readonly sblsh: string | undefined; readonly ywlsh: string }
  readonly seq: number
  readonly dataVersion: number
  readonly type: string
  /** Where the record is read. */
  readonly fetch: string
}

/** @throws Error where the letter is a window's */
export function noticeOf(letter: Letter, { letterNo, position, caseNo, ownNo }: Envelope): Notice {
  const [type] = sectionOf(deciding(letter))
  return {
    msgId: letterNo,
    caseRef: { sblsh: caseNo, ywlsh: ownNo },
    seq: position,
    dataVersion: 1,
    type,
    fetch: `/case/${ownNo}/${type.toLowerCase()}`,
  }
}

export function recordOf(letter: Letter, { ownNo }: Envelope): Record<string, unknown> {
  const said = deciding(letter)
  const [type, section, content] = sectionOf(said)
  const { org, clerk } = said.office
  return {
    ywlsh: ownNo,
    zt: type,
    jgdm: org.code,
    jgmc: org.name,
    [section]: { ...content, blrgh: clerk.id, blrxm: clerk.name, bz: '' },
  }
}

function deciding(letter: Letter): DecidingLetter {
  if ('office' in letter) return letter
  throw new Error(`The transport authority has no window and sends no ${letter.type}.`)
}

/** Code of the notice, name of the record's section, and what stands in it. */
function sectionOf(
  letter: DecidingLetter,
): [type: string, section: string, content: Record<string, unknown>] {
  const at = spaced(letter.at)
  switch (letter.type) {
    case 'case.received':
      return ['SJ', 'sj', { sjsj: at }]
    case 'case.accepted':
      return ['SL', 'sl', { slsj: at, slhzh: letter.noticeNo, cnbjrq: letter.promisedDay }]
    case 'case.refused':
      return ['BYSL', 'bysl', { byslsj: at, byslwsh: letter.noticeNo, ly: letter.reasons }]
    case 'correction.requested':
      return [
        'BZ',
        'bz',
        {
          bzgzsj: at,
          bzwsh: letter.noticeNo,
          bzcs: letter.round,
          bzcl: letter.things.map(({ code, name, requirement }) => ({
            clbm: code,
            clmc: name,
            bzyq: requirement,
          })),
          bztj: [
            { fs: '1', dz: 'https://jt.example/bz', sm: '' },
            { fs: '3', dz: '', sm: '原收件窗口' },
          ],
          bzqx: letter.dueDay,
        },
      ]
    case 'procedure.started':
      return [
        'TBCXSQ',
        'tbcx',
        {
          cxbh: letter.procedureNo,
          cxlx: '01',
          cxmc: letter.name,
          kssj: at,
          yy: letter.reason,
          yjjsrq: letter.expectedEndDay,
        },
      ]
    case 'procedure.ended':
      return [
        'TBCXJG',
        'tbcx',
        { cxbh: letter.procedureNo, cxlx: '01', cxmc: letter.name, jssj: at, jg: letter.result },
      ]
    case 'step.recorded':
      return [
        'BL',
        'bl',
        { hjmc: letter.name, hjdz: '1', kssj: spaced(letter.startedAt), jssj: at, blyj: letter.opinion },
      ]
    case 'case.decided':
      return [
        'SP',
        'sp',
        { spsj: at, spjg: letter.granted ? '1' : '0', spyj: letter.opinion, pzwh: letter.documentNo },
      ]
    case 'case.completed':
      return [
        'BJ',
        'bj',
        {
          bjsj: at,
          bjjg: letter.granted ? '1' : '2',
          bjsm: letter.explanation,
          zz: {
            zzmc: letter.licence?.name ?? '',
            zzhm: letter.licence?.number ?? '',
            fzjg: letter.licence?.issuer ?? '',
            fzrq: letter.licence?.issuedDay ?? '',
            yxqq: letter.licence?.validFromDay ?? '',
            yxqz: letter.licence?.validUntilDay ?? '',
          },
        },
      ]
  }
}
