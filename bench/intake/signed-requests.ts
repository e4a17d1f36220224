/** Requests to the hub, ready for the wire: what the city's own simulator would send, signed. */
import { readFileSync } from 'node:fs'
import { readDeployment } from '../../simulators/deployment.ts'
import { gatewayJson } from '../../simulators/formats/gateway-json/gateway-json.ts'
import { trueRandomBytes } from '../../simulators/time.ts'
import { signedHeaders } from '../../simulators/wire/signer.ts'
import { application, REGION, SENDER } from './applications.ts'
import { rawRequest } from './raw-request.ts'

export function signedRequests(secretsFile: string, first: number, count: number): Buffer[] {
  const secrets = JSON.parse(readFileSync(secretsFile, 'utf8')) as Record<string, string>
  const known = readDeployment()
  const { id, algorithm, secretName } = known.systems.get(SENDER)?.key ?? {
    id: '',
    algorithm: 'hmac-sm3',
    secretName: '',
  }
  const key = { id, algorithm, secret: secrets[secretName] ?? '' }
  const nowMs = Date.now()
  return Array.from({ length: count }, (_, index) => {
    const number = first + index
    const ownNo = `${REGION}-BENCH-${String(number).padStart(8, '0')}`
    const body = gatewayJson.write(application(known, number, nowMs), {
      letterNo: `${ownNo}-1`,
      position: 1,
      caseNo: undefined,
      ownNo,
      sender: { id: SENDER, region: REGION },
      writtenAt: nowMs,
    })
    const nonce = trueRandomBytes(16).toString('base64url')
    const headers = signedHeaders({ method: 'POST', path: '/v1/cases', query: '', body }, key, nowMs, nonce)
    return rawRequest('/v1/cases', { ...headers, 'content-type': gatewayJson.contentType }, body)
  })
}
