import type { Outbound } from '../../hub/contract/adapter.ts'

/** The HTTP headers by which a receiver knows a message of ours, whatever its body is. */
export function messageHeaders({ messageId, caseNo, type, traceparent }: Outbound): Record<string, string> {
  return {
    'idempotency-key': messageId,
    'x-hub-message-id': messageId,
    'x-hub-case': headerText(caseNo),
    'x-hub-type': type,
    ...(traceparent === undefined ? {} : { traceparent }),
  }
}

/** Case numbers are opaque: what a header cannot carry is percent-encoded as UTF-8 (RFC 3986 §2.1). */
function headerText(text: string): string {
  return text.toWellFormed().replace(/[^!-$&-~]+/g, encodeURIComponent)
}
