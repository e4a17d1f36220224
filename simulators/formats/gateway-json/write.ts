/** What a system of the acceptance gateway (统一受理网关) sends: `{head, body}`, the kind of message in `head.apiCode`. */
import { spaced } from '../../beijing.ts'
import type { DecidingLetter, Envelope, HandedIn, Letter, Office, Window } from '../letter.ts'
import { scenarioCode } from './codes.ts'

export interface GatewayDocument {
  readonly head: { readonly requestNo: string; readonly apiCode: string; readonly version: '1.0' }
  readonly body: Readonly<Record<string, unknown>>
}

export function writeGateway(letter: Letter, envelope: Envelope): GatewayDocument {
  const [apiCode, body] = contentOf(letter)
  return {
    head: { requestNo: `${envelope.sender.id}-${envelope.letterNo}`, apiCode, version: '1.0' },
    body: {
      ...(envelope.caseNo === undefined ? {} : { unifiedNo: envelope.caseNo }),
      projectNo: envelope.ownNo,
      ...body,
    },
  }
}

function contentOf(letter: Letter): [apiCode: string, body: Record<string, unknown>] {
  switch (letter.type) {
    case 'case.submitted': {
      const { item, applicant } = letter
      return [
        'CASE_APPLY',
        {
          projectType: '2',
          catalogCode: item.catalogCode,
          taskCode: item.taskCode,
          taskHandleItem: item.handleItem,
          taskVersion: String(item.version),
          taskName: item.name,
          scenario: scenarioCode(item.scenario),
          applyType: '1',
          applyDate: spaced(letter.appliedAt),
          receiveDate: spaced(letter.receivedAt),
          applyerType: '1',
          applyerName: applicant.name,
          applyerPageType: '111',
          applyerPageCode: applicant.residentId,
          address: applicant.address,
          contactMobile: applicant.mobile,
          acceptAreaCode: `${letter.receivingRegion}000000`,
          handleAreaCode: `${letter.jurisdictionRegion}000000`,
          hallId: letter.window.hallId,
          hallName: letter.window.hallName,
          ...atWindow(letter.window),
          materials: letter.materials.map(materialOf),
          getWay: '1',
        },
      ]
    }
    case 'case.supplemented':
      return [
        'CASE_SUPPLEMENT',
        {
          supplementDate: spaced(letter.at),
          round: String(letter.round),
          ...(letter.noticeNo === undefined ? {} : { noticeNo: letter.noticeNo }),
          materials: letter.materials.map(materialOf),
          operatorId: letter.window.clerk.id,
          operatorName: letter.window.clerk.name,
        },
      ]
    case 'result.delivered':
      return [
        'RESULT_DELIVER',
        {
          deliverTime: spaced(letter.at),
          deliverWay: '1',
          receiverName: letter.recipient.name,
          receiverPageType: '111',
          receiverPageCode: letter.recipient.residentId,
          ...atWindow(letter.window),
        },
      ]
    default: {
      const [apiCode, body] = decisionOf(letter)
      return [apiCode, { ...body, ...by(letter.office) }]
    }
  }
}

function decisionOf(letter: DecidingLetter): [apiCode: string, body: Record<string, unknown>] {
  const at = spaced(letter.at)
  switch (letter.type) {
    case 'case.received':
      return ['DEPT_RECEIVE', { receiveDate: at }]
    case 'case.accepted':
      return [
        'DEPT_ACCEPT',
        {
          acceptDate: at,
          acceptDocNo: letter.noticeNo,
          promiseDate: letter.promisedDay,
          projectType: '2',
          noticeWay: '1',
        },
      ]
    case 'case.refused':
      return [
        'DEPT_REFUSE',
        { refuseDate: at, reasons: letter.reasons, noticeNo: letter.noticeNo, noticeWay: '1' },
      ]
    case 'correction.requested':
      return [
        'DEPT_CORRECT',
        {
          noticeDate: at,
          noticeNo: letter.noticeNo,
          round: String(letter.round),
          items: letter.things.map(({ code, name, requirement }) => ({
            materialCode: code,
            materialName: name,
            requirement,
          })),
          ways: [
            { wayType: '1', address: 'https://zwfw.example/bz', description: '网上补交' },
            { wayType: '3', address: '原收件窗口' },
          ],
          dueDate: letter.dueDay,
        },
      ]
    case 'procedure.started':
      return [
        'DEPT_SPECIAL_BEGIN',
        {
          specialId: letter.procedureNo,
          specialType: '4',
          specialName: letter.name,
          specialTime: at,
          specialReason: letter.reason,
          expectEndDate: letter.expectedEndDay,
        },
      ]
    case 'procedure.ended':
      return [
        'DEPT_SPECIAL_END',
        {
          specialId: letter.procedureNo,
          specialType: '4',
          specialName: letter.name,
          endTime: at,
          result: letter.result,
        },
      ]
    case 'step.recorded':
      return [
        'DEPT_STEP',
        {
          processName: letter.name,
          eventName: '1',
          eventStartTime: spaced(letter.startedAt),
          eventEndTime: at,
          handleExplain: letter.opinion,
        },
      ]
    case 'case.decided':
      return [
        'DEPT_DECIDE',
        {
          decideDate: at,
          decision: letter.granted ? '1' : '2',
          opinion: letter.opinion,
          documentNo: letter.documentNo,
        },
      ]
    case 'case.completed':
      return [
        'DEPT_COMPLETE',
        {
          resultDate: at,
          resultType: letter.granted ? '0' : '1',
          resultExplain: letter.explanation,
          isPrint: '1',
          ...(letter.licence === undefined
            ? {}
            : {
                certificate: {
                  certName: letter.licence.name,
                  certNo: letter.licence.number,
                  issuer: letter.licence.issuer,
                  issueDate: letter.licence.issuedDay,
                  validFrom: letter.licence.validFromDay,
                  validUntil: letter.licence.validUntilDay,
                },
              }),
        },
      ]
  }
}

/** 3 = scanned at the window: the paper stays with the city. */
function materialOf({ code, name, originals, copies, files }: HandedIn): Record<string, unknown> {
  return {
    materialCode: code,
    materialName: name,
    isNeed: '1',
    getType: '3',
    getNum: String(originals),
    copyNum: String(copies),
    isCollected: '1',
    files: files.map(({ id, name: file, size, sm3 }) => ({
      fileId: id,
      name: file,
      size,
      digest: `sm3:${sm3}`,
    })),
  }
}

function atWindow({ windowId, clerk }: Window): Record<string, unknown> {
  return { windowId, operatorId: clerk.id, operatorName: clerk.name }
}

function by({ org, clerk }: Office): Record<string, unknown> {
  return { orgCode: org.code, orgName: org.name, handleUserId: clerk.id, handleUserName: clerk.name }
}
