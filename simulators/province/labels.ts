/** Names of message types for people who read the terminal. */

const TYPES: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  'case.submitted': ['收件报送', 'submitted'],
  'case.supplemented': ['补齐补正', 'supplemented'],
  'result.delivered': ['结果送达', 'result handed over'],
  'case.received': ['部门接收', 'received by the decider'],
  'case.accepted': ['受理', 'accepted'],
  'case.refused': ['不予受理', 'not accepted'],
  'correction.requested': ['告知补正', 'correction asked for'],
  'procedure.started': ['公示开始', 'publicity started, clock stopped'],
  'procedure.ended': ['公示结束', 'publicity ended, clock runs'],
  'step.recorded': ['环节办理', 'step recorded'],
  'case.decided': ['审批决定', 'decided'],
  'case.completed': ['办结出证', 'completed, licence issued'],
}

export function typeLabel(type: string): string {
  const [zh, en] = TYPES[type] ?? [type, '']
  return `${zh} ${en}`.trim()
}
