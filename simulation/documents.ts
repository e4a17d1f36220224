/** What the simulated partners send, each in its own format. All people are made up. */
import { following, submission } from '../hub/testing/gateway-documents.ts'

/** What a deciding system does with a case, in its order. */
export const DECIDING_ACTS = [
  'receive',
  'correct',
  'accept',
  'refuse',
  'return',
  'pause',
  'resume',
  'step',
  'decide',
  'complete',
] as const
export type DecidingAct = (typeof DECIDING_ACTS)[number]

/** What the side where the applicant stands does after the submission. */
export type ReceivingAct = 'supplement' | 'withdraw' | 'result' | 'evaluate' | 'post'

export interface About {
  /** The sender's id of the message, the same on every repetition. */
  readonly externalId: string
  readonly caseNo: string
  /** Position among the sender's acts on the case; times grow with it. */
  readonly nth: number
}

export function submissionDocument(wishes: {
  readonly externalId: string
  readonly projectNo: string | undefined
  readonly initial: boolean
  readonly receiving: string
  readonly jurisdiction: string
}): object {
  const { externalId, projectNo, initial, receiving, jurisdiction } = wishes
  return submission({
    requestNo: externalId,
    scenario: initial ? '02' : '01',
    receiving,
    jurisdiction,
    // A day before the simulated world begins, so that no node's wrong clock makes it the future.
    body: { projectNo, applyDate: '2026-09-29 10:12:05' },
  })
}

const GATEWAY_DECIDES: Record<DecidingAct, (at: string) => readonly [string, object]> = {
  receive: (at) => ['DEPT_RECEIVE', { receiveDate: at }],
  correct: (at) => [
    'DEPT_CORRECT',
    {
      noticeDate: at,
      items: [{ materialName: '学历证明', requirement: '扫描件不清晰，请重新扫描' }],
      ways: [{ wayType: '1', description: '在省平台重新上传' }],
      dueDate: '2026-10-30',
    },
  ],
  accept: (at) => ['DEPT_ACCEPT', { acceptDate: at }],
  refuse: (at) => ['DEPT_REFUSE', { refuseDate: at, reasons: ['不属于本机关职权范围'] }],
  return: (at) => ['DEPT_RETURN', { returnDate: at, returnType: '3', reason: '申请人放弃' }],
  pause: (at) => [
    'DEPT_SPECIAL_BEGIN',
    { specialTime: at, specialType: '4', specialName: '公示', specialReason: '依规定公示' },
  ],
  resume: (at) => [
    'DEPT_SPECIAL_END',
    { endTime: at, specialType: '4', specialName: '公示', result: '无异议' },
  ],
  step: (at) => ['DEPT_STEP', { processName: '审核', eventName: '1', eventStartTime: at, eventEndTime: at }],
  decide: (at) => ['DEPT_DECIDE', { decideDate: at, decision: '1' }],
  complete: (at) => ['DEPT_COMPLETE', { resultDate: at, resultType: '0' }],
}

export function gatewayDecision(act: DecidingAct, { externalId, caseNo, nth }: About): object {
  const [apiCode, body] = GATEWAY_DECIDES[act](timeOf(nth, '-'))
  return following(apiCode, externalId, caseNo, {
    ...body,
    handleUserName: '测试己',
    orgName: '测试市住房和城乡建设局',
  })
}

const GATEWAY_RECEIVES: Record<ReceivingAct, (at: string) => readonly [string, object]> = {
  supplement: (at) => [
    'CASE_SUPPLEMENT',
    {
      supplementDate: at,
      materials: [
        {
          materialName: '学历证明',
          getType: '3',
          getNum: '1',
          files: [{ fileId: 'F1', name: '学历证明.ofd', size: 182044 }],
        },
      ],
    },
  ],
  withdraw: (at) => ['CASE_WITHDRAW', { withdrawDate: at, reason: '申请人撤回' }],
  result: (at) => ['RESULT_DELIVER', { deliverTime: at, deliverWay: '1' }],
  evaluate: (at) => ['EVALUATE', { assessTime: at, satisfaction: '5', pf: '1' }],
  post: (at) => [
    'PAPER_POST',
    {
      sendTime: at,
      expressCompany: '测试快递',
      expressNo: 'T0001',
      materials: [{ materialName: '审查表', originalNum: 1 }],
    },
  ],
}

export function gatewayReceiving(act: ReceivingAct, { externalId, caseNo, nth }: About): object {
  const [apiCode, body] = GATEWAY_RECEIVES[act](timeOf(nth, '-'))
  return following(apiCode, externalId, caseNo, { ...body })
}

const REGISTRY_DECIDES: Record<DecidingAct, (at: string) => readonly [string, object]> = {
  receive: (at) => ['RECEIVE', { receive: { receiveTime: at } }],
  correct: (at) => [
    'CORRECT',
    {
      correct: {
        noticeTime: at,
        dueDate: '2026/10/23',
        points: [{ stuffName: '学历证明', demand: '扫描件不清晰，请重新扫描' }],
        ways: [{ way: 'WS', explain: '在省平台重新上传' }],
      },
    },
  ],
  accept: (at) => ['ACCEPT', { accept: { acceptTime: at } }],
  refuse: (at) => ['REJECT', { reject: { rejectTime: at, reasons: ['不属于本机关职权范围'] } }],
  return: (at) => ['SENDBACK', { sendback: { sendbackTime: at, kind: '3', reason: '申请人放弃' } }],
  pause: (at) => [
    'SPECIAL_BEGIN',
    { special: { kind: 'GS', name: '公示', reason: '依规定公示', beginTime: at } },
  ],
  resume: (at) => ['SPECIAL_END', { special: { kind: 'GS', name: '公示', endTime: at, result: '无异议' } }],
  step: (at) => ['NODE', { node: { nodeName: '审核', action: 'AGREE', beginTime: at, endTime: at } }],
  decide: (at) => ['APPROVE', { approve: { approveTime: at, conclusion: 'Y' } }],
  complete: (at) => ['FINISH', { finish: { finishTime: at, result: '1' } }],
}

export function registryDecision(act: DecidingAct, { externalId, caseNo, nth }: About): object {
  const [bizCode, body] = REGISTRY_DECIDES[act](timeOf(nth, '/'))
  return {
    msgHead: { msgNo: externalId, bizCode, sentAt: timeOf(nth, '/') },
    msgBody: {
      regCase: { platformNo: caseNo, regNo: `ZC-${caseNo}` },
      ...body,
      unit: { unitCode: '114100000000090136', unitName: '河南省住房和城乡建设厅' },
      officer: { officerNo: 'ZJT021', officerName: '测试庚' },
    },
  }
}

function timeOf(nth: number, separator: '-' | '/'): string {
  const minutes = String(nth % 60).padStart(2, '0')
  return `2026${separator}09${separator}30 09:${minutes}:00`
}
