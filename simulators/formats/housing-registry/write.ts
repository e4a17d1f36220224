/** What the registration system of the housing department sends: `{msgHead, msgBody}`, the kind in `msgHead.bizCode`. It decides; it has no window. */
import { slashed } from '../../beijing.ts'
import type { DecidingLetter, Envelope, Letter } from '../letter.ts'

export interface RegistryDocument {
  readonly msgHead: { readonly msgNo: string; readonly bizCode: string; readonly sentAt: string }
  readonly msgBody: Readonly<Record<string, unknown>>
}

/** @throws Error where the letter is a window's */
export function writeRegistry(letter: Letter, envelope: Envelope): RegistryDocument {
  if (!('office' in letter))
    throw new Error(`The registration system has no window and sends no ${letter.type}.`)
  const [bizCode, part] = partOf(letter)
  const { org, clerk } = letter.office
  return {
    msgHead: {
      msgNo: `${envelope.sender.id}-${envelope.letterNo}`,
      bizCode,
      sentAt: slashed(envelope.writtenAt),
    },
    msgBody: {
      regCase: { platformNo: envelope.caseNo, regNo: letter.departmentNo },
      ...part,
      unit: { unitCode: org.code, unitName: org.name },
      officer: { officerNo: clerk.id, officerName: clerk.name },
      // Cleared fields are left as a dash.
      memo: '-',
    },
  }
}

function partOf(letter: DecidingLetter): [bizCode: string, part: Record<string, unknown>] {
  const at = slashed(letter.at)
  switch (letter.type) {
    case 'case.received':
      return ['RECEIVE', { receive: { receiveTime: at } }]
    case 'case.accepted':
      return [
        'ACCEPT',
        {
          accept: {
            acceptTime: at,
            noticeNo: letter.noticeNo,
            promiseDate: slashedDay(letter.promisedDay),
            caseKind: 'C',
            send: { way: 'A' },
          },
        },
      ]
    case 'case.refused':
      return [
        'REJECT',
        {
          reject: { rejectTime: at, noticeNo: letter.noticeNo, reasons: letter.reasons, send: { way: 'A' } },
        },
      ]
    case 'correction.requested':
      return [
        'CORRECT',
        {
          correct: {
            noticeTime: at,
            noticeNo: letter.noticeNo,
            times: letter.round,
            dueDate: slashedDay(letter.dueDay),
            points: letter.things.map(({ code, name, requirement }) => ({
              stuffNo: code,
              stuffName: name,
              demand: requirement,
            })),
            ways: [
              { way: 'WS', address: 'https://zwfw.example/bz' },
              { way: 'CK', explain: '原收件窗口' },
            ],
          },
        },
      ]
    case 'procedure.started':
      return [
        'SPECIAL_BEGIN',
        {
          special: {
            specialNo: letter.procedureNo,
            kind: 'GS',
            name: letter.name,
            beginTime: at,
            reason: letter.reason,
            planEndDate: slashedDay(letter.expectedEndDay),
          },
        },
      ]
    case 'procedure.ended':
      return [
        'SPECIAL_END',
        {
          special: {
            specialNo: letter.procedureNo,
            kind: 'GS',
            name: letter.name,
            endTime: at,
            result: letter.result,
          },
        },
      ]
    case 'step.recorded':
      return [
        'NODE',
        {
          node: {
            nodeName: letter.name,
            action: 'AGREE',
            beginTime: slashed(letter.startedAt),
            endTime: at,
            opinion: letter.opinion,
          },
        },
      ]
    case 'case.decided':
      return [
        'APPROVE',
        {
          approve: {
            approveTime: at,
            conclusion: letter.granted ? 'Y' : 'N',
            opinion: letter.opinion,
            docNo: letter.documentNo,
          },
        },
      ]
    case 'case.completed':
      return [
        'FINISH',
        {
          finish: {
            finishTime: at,
            result: letter.granted ? '1' : '2',
            explain: letter.explanation,
            printable: 'Y',
            cert: {
              certName: letter.licence?.name ?? '',
              certNo: letter.licence?.number ?? '',
              issuer: letter.licence?.issuer ?? '',
              issueDate: slashedDay(letter.licence?.issuedDay ?? ''),
              validBegin: slashedDay(letter.licence?.validFromDay ?? ''),
              validEnd: slashedDay(letter.licence?.validUntilDay ?? ''),
            },
          },
        },
      ]
  }
}

/** `2026-09-30` → `2026/09/30` */
function slashedDay(day: string): string {
  return day.replaceAll('-', '/')
}
