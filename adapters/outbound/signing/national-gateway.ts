/** Signature of the national platform's gateway: `sign = base64(HMAC-SHA256(sid + rid + rtime))` (数据直达规范 v0.55). */
import { createHmac } from 'node:crypto'
import type { LinkServices } from '../../../hub/contract/adapter.ts'
import type { Signer } from './signer.ts'

export interface NationalGatewayConfig {
  readonly scheme: 'national-gateway'
  /** Id that the platform gave the caller. */
  readonly sid: string
  /** Name of the secret. */
  readonly secret: string
}

/** The body is not signed: the scheme has no room for it, so use it over https only. */
export function nationalGateway(
  config: NationalGatewayConfig,
  services: Pick<LinkServices, 'clock' | 'secret'>,
): Signer {
  const secret = services.secret(config.secret)
  return ({ id }) => {
    const rtime = String(services.clock.now())
    return {
      gjzwfwpt_rid: id,
      gjzwfwpt_sid: config.sid,
      gjzwfwpt_rtime: rtime,
      gjzwfwpt_sign: createHmac('sha256', secret).update(`${config.sid}${id}${rtime}`).digest('base64'),
    }
  }
}
