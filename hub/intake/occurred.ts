/** Which field of each type's data says when it happened: the message's `time`. */
import type { MessageType } from '../contract/message.ts'

const TIME_FIELDS: Partial<Record<MessageType, string>> = {
  'case.submitted': 'appliedAt',
  'case.supplemented': 'supplementedAt',
  'case.withdrawn': 'withdrawnAt',
  'paper.posted': 'postedAt',
  'assist.requested': 'requestedAt',
  'result.delivered': 'deliveredAt',
  'evaluation.submitted': 'evaluatedAt',
  'guide.disputed': 'raisedAt',
  'complaint.raised': 'raisedAt',
  'case.received': 'receivedAt',
  'case.accepted': 'acceptedAt',
  'case.refused': 'refusedAt',
  'correction.requested': 'requestedAt',
  'procedure.started': 'startedAt',
  'procedure.ended': 'endedAt',
  'step.recorded': 'endedAt',
  'case.decided': 'decidedAt',
  'case.completed': 'completedAt',
  'case.returned': 'returnedAt',
  'paper.received': 'receivedAt',
  'assist.answered': 'answeredAt',
  'guide.resolved': 'resolvedAt',
  'complaint.resolved': 'resolvedAt',
}

function timeField(type: MessageType): string {
  const field = TIME_FIELDS[type]
  if (field === undefined) throw new TypeError(`${type} is issued by the hub and has no time of its own`)
  return field
}

/** JSON pointer into the data of a type that partners send. */
export function timePointer(type: MessageType): string {
  return `/${timeField(type)}`
}

/** RFC 3339, +08:00; the data must have passed its schema. */
export function happenedAt(type: MessageType, data: unknown): string {
  return (data as Record<string, string>)[timeField(type)] as string
}
