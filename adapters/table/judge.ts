/** What a fault of the database means for the message: the whole policy of this kind's outbound half. */
import {
  type DeliveryError,
  LinkLost,
  OutcomeUnknown,
  Rejected,
  RetryLater,
} from '../../hub/contract/errors.ts'
import type { DatabaseFault } from './session.ts'

/**
 * In the order of its lines. A transaction whose COMMIT was not sent leaves nothing behind, whatever happened to it; once it
 * was sent, only a refusal by the database itself says that nothing was written. Pure.
 */
export function judge(fault: DatabaseFault, isCommitting: boolean): DeliveryError {
  const { kind, message, code } = fault
  const said = `${message}${code === undefined ? '' : ` (${code})`}`
  const evidence = { answer: Buffer.from(message), cause: fault }
  if (isCommitting && kind !== 'contract' && kind !== 'duplicate') {
    return new OutcomeUnknown(`The commit was sent, but not answered: ${said}`, evidence)
  }
  switch (kind) {
    case 'unreachable':
      return new LinkLost(`Not connected: ${said}`, { cause: fault })
    case 'lost':
      return new LinkLost(`The connection ended before the commit; nothing was written: ${said}`, {
        cause: fault,
      })
    case 'busy':
      return new RetryLater(`The database cannot at the moment: ${said}`, evidence)
    case 'credential':
      return new Rejected('credential', `${said}. Check the account, its password and its rights.`, evidence)
    case 'duplicate':
    case 'contract':
      return new Rejected('contract', said, evidence)
  }
}
