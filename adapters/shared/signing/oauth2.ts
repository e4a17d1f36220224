/** OAuth 2.0 client credentials (RFC 6749 §4.4); the token goes as a bearer token (RFC 6750 §2.1). */
import { LinkLost } from '../../../hub/contract/errors.ts'
import { askJson, clientFor, type Fetched, Kept, type SigningServices } from './remote.ts'
import type { Signer } from './signer.ts'

export interface OAuth2Config {
  readonly scheme: 'oauth2'
  readonly tokenUrl: string
  readonly clientId: string
  /** Name of the secret that holds the client's secret. */
  readonly secret: string
  readonly scope?: string
}

const MARGIN_MS = 10_000
/** Where the server does not say how long its token holds (RFC 6749 §5.1 recommends that it does). */
const UNTOLD_SECONDS = 300

export function oauth2(config: OAuth2Config, services: SigningServices): Signer {
  const url = new URL(config.tokenUrl)
  const client = clientFor(url, services)
  const secret = services.secret(config.secret)
  const credentials = [config.clientId, secret].map((part) => encodeURIComponent(part)).join(':')
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (config.scope !== undefined) form.set('scope', config.scope)

  const fetch = async (signal: AbortSignal): Promise<Fetched<string>> => {
    const answer = await askJson(
      client,
      {
        method: 'POST',
        url,
        headers: {
          authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: Buffer.from(form.toString()),
      },
      signal,
    )
    const { access_token: token, expires_in: seconds = UNTOLD_SECONDS } = answer
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token) || typeof seconds !== 'number')
      throw new LinkLost(`${url.host} gave no token: access_token is expected.`)
    return { value: token, expiresAtMs: services.clock.now() + seconds * 1000 }
  }
  const token = new Kept(fetch, services, MARGIN_MS)
  return {
    sign: async (_request, signal) => ({ headers: { authorization: `Bearer ${await token.get(signal)}` } }),
    refused: () => token.drop(),
  }
}
