/**
 * A signature that holds for a day: `sign = md5(appId + secret + yyyyMMdd + apiCode)`, the day in Beijing. Weak by design (MD5, no
 * body, no nonce) and still what some city platforms ask for; use it over https only.
 */
import { createHash } from 'node:crypto'
import type { SigningServices } from './remote.ts'
import type { Signer } from './signer.ts'

export interface Md5DayConfig {
  readonly scheme: 'md5-day'
  readonly appId: string
  /** Sent as it is, beside the signature. */
  readonly apiKey?: string
  /** Where the format gives no hint `apiCode`. */
  readonly apiCode?: string
  /** Name of the secret. */
  readonly secret: string
}

const BEIJING_OFFSET_MS = 8 * 3_600_000

export function md5Day(
  { appId, apiKey, apiCode = '', secret: name }: Md5DayConfig,
  services: SigningServices,
): Signer {
  const secret = services.secret(name)
  return {
    sign: ({ id, hints }) => {
      const code = hints?.apiCode ?? apiCode
      return {
        headers: {
          appid: appId,
          apicode: code,
          requestno: id,
          ...(apiKey === undefined ? {} : { apikey: apiKey }),
          sign: md5DaySign(appId, secret, beijingDay(services.clock.now()), code),
        },
      }
    },
  }
}

/** `yyyyMMdd` in Beijing. */
export function beijingDay(nowMs: number): string {
  return new Date(nowMs + BEIJING_OFFSET_MS).toISOString().slice(0, 10).replaceAll('-', '')
}

export function md5DaySign(appId: string, secret: string, day: string, apiCode: string): string {
  return createHash('md5').update(`${appId}${secret}${day}${apiCode}`, 'utf8').digest('hex')
}
