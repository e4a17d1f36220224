/** HTTP Basic (RFC 7617) in UTF-8. */
import type { SigningServices } from './remote.ts'
import type { Signer } from './signer.ts'

export interface BasicConfig {
  readonly scheme: 'basic'
  /** Without a colon (RFC 7617 §2). */
  readonly user: string
  /** Name of the secret that holds the password. */
  readonly secret: string
}

export function basic({ user, secret }: BasicConfig, services: SigningServices): Signer {
  const credentials = Buffer.from(`${user}:${services.secret(secret)}`, 'utf8').toString('base64')
  return { sign: () => ({ headers: { authorization: `Basic ${credentials}` } }) }
}
