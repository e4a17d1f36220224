/** Headers of the TIF gateways: `signature = upper(hex(SHA-256(timestamp + token + nonce + timestamp)))`, seconds. */
import { createHash } from 'node:crypto'
import type { SigningServices } from './remote.ts'
import type { Signer } from './signer.ts'

export interface TifConfig {
  readonly scheme: 'tif'
  /** Id that the gateway gave the caller. */
  readonly paasid: string
  /** Name of the secret that holds the token. */
  readonly secret: string
}

/** The body is not signed: the scheme has no room for it, so use it over https only. */
export function tif({ paasid, secret }: TifConfig, services: SigningServices): Signer {
  const token = services.secret(secret)
  return {
    sign: () => {
      const timestamp = String(Math.floor(services.clock.now() / 1000))
      const nonce = Buffer.from(services.randomBytes(16)).toString('hex')
      return {
        headers: {
          'x-tif-paasid': paasid,
          'x-tif-timestamp': timestamp,
          'x-tif-nonce': nonce,
          'x-tif-signature': tifSignature(timestamp, token, nonce),
        },
      }
    },
  }
}

export function tifSignature(timestamp: string, token: string, nonce: string): string {
  return createHash('sha256').update(`${timestamp}${token}${nonce}${timestamp}`).digest('hex').toUpperCase()
}
