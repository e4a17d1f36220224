/**
 * Signature of the national platform's gateway: `sign = base64(HMAC-SHA256(sid + rid + rtime))` (数据直达规范 v0.55). Older
 * gateways of that family give out a secret that changes, encrypted with AES under the key of the subscriber.
 */
import { createDecipheriv, createHmac } from 'node:crypto'
import { LinkLost } from '../../../hub/contract/errors.ts'
import { askJson, clientFor, type Fetched, Kept, type SigningServices } from './remote.ts'
import type { Signer } from './signer.ts'

export interface NationalGatewayConfig {
  readonly scheme: 'national-gateway'
  /** Id that the platform gave the caller. */
  readonly sid: string
  /** Name of the secret; with `rotation`, of the key that this hour's secret is encrypted with. */
  readonly secret: string
  readonly rotation?: {
    /** Address that answers `{"data":{"secret":"<base64>","expiresIn":<seconds>}}` to a GET. */
    readonly url: string
  }
}

const MARGIN_MS = 5_000

/** The body is not signed: the scheme has no room for it, so use it over https only. */
export function nationalGateway(config: NationalGatewayConfig, services: SigningServices): Signer {
  const own = services.secret(config.secret)
  const rotating = config.rotation && rotatingSecret(config.sid, config.rotation.url, own, services)
  const headersOf = (id: string, secret: string): Record<string, string> => {
    const rtime = String(services.clock.now())
    return {
      gjzwfwpt_rid: id,
      gjzwfwpt_sid: config.sid,
      gjzwfwpt_rtime: rtime,
      gjzwfwpt_sign: createHmac('sha256', secret).update(`${config.sid}${id}${rtime}`).digest('base64'),
    }
  }
  if (rotating === undefined) return { sign: ({ id }) => ({ headers: headersOf(id, own) }) }
  return {
    sign: async ({ id }, signal) => ({ headers: headersOf(id, await rotating.get(signal)) }),
    refused: () => rotating.drop(),
  }
}

function rotatingSecret(sid: string, address: string, key: string, services: SigningServices): Kept<string> {
  const url = new URL(address)
  url.searchParams.set('sid', sid)
  const client = clientFor(url, services)
  const fetch = async (signal: AbortSignal): Promise<Fetched<string>> => {
    const { data } = await askJson(client, { method: 'GET', url, headers: {} }, signal)
    const { secret, expiresIn } = (data ?? {}) as { readonly secret?: unknown; readonly expiresIn?: unknown }
    if (typeof secret !== 'string' || typeof expiresIn !== 'number')
      throw new LinkLost(`${url.host} gave no secret: data.secret and data.expiresIn are expected.`)
    return { value: decrypted(secret, key), expiresAtMs: services.clock.now() + expiresIn * 1000 }
  }
  return new Kept(fetch, services, MARGIN_MS)
}

/** AES-128-ECB with PKCS#7 under the first 16 bytes of the key, as that family of gateways does it. */
function decrypted(secret: string, key: string): string {
  try {
    const decipher = createDecipheriv('aes-128-ecb', Buffer.from(key, 'utf8').subarray(0, 16), null)
    return Buffer.concat([decipher.update(secret, 'base64'), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new LinkLost('The secret of this hour cannot be decrypted with our key.', { cause })
  }
}
