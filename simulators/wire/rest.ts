/** Pushes over HTTP: what they are about is in headers, and the answer is the partner's own. */
import type { PartnerFormat } from '../formats/partner-format.ts'
import type { Party } from '../party.ts'
import type { WireAnswer, WireHandler } from './server.ts'
import type { SignatureCheck } from './signature-check.ts'

export interface PushDoorParts {
  readonly party: Party
  readonly format: Pick<PartnerFormat, 'contentType'>
  /** Absent where the hub's pushes are not signed. */
  readonly check: SignatureCheck | undefined
  readonly onTrouble: (system: string, error: unknown) => void
}

/** The door that the hub pushes to. */
export function pushDoor({ party, format, check, onTrouble }: PushDoorParts): WireHandler {
  const { faults } = party
  const answered = ({ status, body }: ReturnType<Party['answer']>, instead = status): WireAnswer => ({
    kind: 'answer',
    status: instead,
    contentType: format.contentType,
    body,
  })
  return (request) => {
    const instead = faults.insteadOfHandling()
    if (instead !== undefined) return instead
    if (request.method !== 'POST') return { kind: 'answer', status: 204, contentType: 'text/plain', body: '' }
    const wrong = check?.(request, party.time.now())
    if (wrong !== undefined) {
      onTrouble(party.system.id, new Error(`a push was not genuine: ${wrong}`))
      return answered(party.answer('refused', { words: wrong }), 401)
    }
    const messageId = request.headers['idempotency-key']
    const type = request.headers['x-hub-type']
    if (typeof messageId !== 'string' || typeof type !== 'string')
      return answered(party.answer('refused', { words: 'idempotency-key or x-hub-type is missing' }))
    const caseNo = decodeURIComponent(String(request.headers['x-hub-case']))
    const { answer } = party.receive({ messageId, type, caseNo, body: request.body })
    return faults.losesAnswer() ? { kind: 'cut' } : answered(answer)
  }
}
