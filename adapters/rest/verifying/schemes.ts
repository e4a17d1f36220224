/**
 * The inbound schemes, chosen by data. A new one is a case here and a branch in listen.schema.json. Each compares in constant
 * time; where a scheme has a nonce that its partners really change, it is used once.
 */
import { createHmac } from 'node:crypto'
import type { ListenServices } from '../../../hub/contract/listener.ts'
import type { NamedSecret } from '../../shared/options.ts'
import { sameText } from '../../shared/same-text.ts'
import { beijingDay, md5DaySign } from '../../shared/signing/md5-day.ts'
import { envelopeCodec, readEnvelope } from '../../shared/signing/sm-envelope.ts'
import { tifSignature } from '../../shared/signing/tif.ts'
import { headerOf, type Verdict, type Verifier } from './verifier.ts'

export type VerifyConfig =
  /** The listener's own TLS has seen the client's certificate (option `bind`). */
  | { readonly scheme: 'certificate' }
  | { readonly scheme: 'tif'; readonly paasid: string; readonly secret: string }
  | { readonly scheme: 'national-gateway'; readonly sid: string; readonly secret: string }
  | { readonly scheme: 'md5-day'; readonly appId: string; readonly secret: string }
  | { readonly scheme: 'basic'; readonly user: string; readonly secret: string }
  | { readonly scheme: 'bearer'; readonly secret: string }
  | {
      readonly scheme: 'sm-envelope'
      readonly appCode: string
      readonly dataKey: NamedSecret
      readonly signKey: NamedSecret
      readonly partnerKey: string
    }

type Services = Pick<ListenServices, 'clock' | 'secret' | 'once'>

/** DOMAIN: the TIF gateways allow three minutes. */
const TIF_WINDOW_MS = 180_000
const WINDOW_MS = 300_000
/** A signature that holds for a day is taken a little beyond it, for clocks that differ. */
const MIDNIGHT_MS = 300_000

/** Reads the scheme's secrets once; throws `ConfigError` where a name is unknown. */
export function openVerifier(config: VerifyConfig, services: Services): Verifier {
  switch (config.scheme) {
    case 'certificate':
      return ({ body }) => ({ genuine: true, body })
    case 'tif':
      return tif(config, services)
    case 'national-gateway':
      return nationalGateway(config, services)
    case 'md5-day':
      return md5Day(config, services)
    case 'basic':
      return authorization(`${config.user}:${services.secret(config.secret)}`, 'Basic')
    case 'bearer':
      return authorization(services.secret(config.secret), 'Bearer')
    case 'sm-envelope':
      return smEnvelope(config, services)
  }
}

function refuse(words: string): Verdict {
  return { genuine: false, words }
}

/** Partners of this scheme often send one nonce for ever, so a repeat is not refused: the message's own key makes it harmless. */
function tif(
  { paasid, secret }: { readonly paasid: string; readonly secret: string },
  services: Services,
): Verifier {
  const token = services.secret(secret)
  return (request) => {
    const timestamp = headerOf(request, 'x-tif-timestamp')
    if (!sameText(headerOf(request, 'x-tif-paasid'), paasid))
      return refuse('x-tif-paasid is not the partner’s')
    if (!isFresh(Number(timestamp) * 1000, TIF_WINDOW_MS, services))
      return refuse(
        `x-tif-timestamp ${timestamp.slice(0, 20)} is not within ${TIF_WINDOW_MS / 1000} s of now`,
      )
    const expected = tifSignature(timestamp, token, headerOf(request, 'x-tif-nonce'))
    if (!sameText(headerOf(request, 'x-tif-signature').toUpperCase(), expected))
      return refuse('x-tif-signature does not fit')
    return { genuine: true, body: request.body }
  }
}

function nationalGateway(
  { sid, secret: name }: { readonly sid: string; readonly secret: string },
  services: Services,
): Verifier {
  const secret = services.secret(name)
  return async (request) => {
    const rid = headerOf(request, 'gjzwfwpt_rid')
    const rtime = headerOf(request, 'gjzwfwpt_rtime')
    if (!sameText(headerOf(request, 'gjzwfwpt_sid'), sid)) return refuse('gjzwfwpt_sid is not the partner’s')
    if (!isFresh(Number(rtime), WINDOW_MS, services))
      return refuse(`gjzwfwpt_rtime ${rtime.slice(0, 20)} is not within ${WINDOW_MS / 1000} s of now`)
    const expected = createHmac('sha256', secret).update(`${sid}${rid}${rtime}`).digest('base64')
    if (!sameText(headerOf(request, 'gjzwfwpt_sign'), expected)) return refuse('gjzwfwpt_sign does not fit')
    const fresh = await services.once('gjzwfwpt', `${rid} ${rtime}`, services.clock.now() + 2 * WINDOW_MS)
    return fresh ? { genuine: true, body: request.body } : refuse('the request was sent before')
  }
}

function md5Day(
  { appId, secret: name }: { readonly appId: string; readonly secret: string },
  services: Services,
): Verifier {
  const secret = services.secret(name)
  return (request) => {
    if (!sameText(headerOf(request, 'appid'), appId)) return refuse('appId is not the partner’s')
    const nowMs = services.clock.now()
    const days = new Set([-MIDNIGHT_MS, 0, MIDNIGHT_MS].map((shift) => beijingDay(nowMs + shift)))
    const sign = headerOf(request, 'sign').toLowerCase()
    const genuine = [...days].some((day) =>
      sameText(sign, md5DaySign(appId, secret, day, headerOf(request, 'apicode'))),
    )
    return genuine ? { genuine, body: request.body } : refuse('sign does not fit today')
  }
}

function authorization(credentials: string, scheme: 'Basic' | 'Bearer'): Verifier {
  const expected = scheme === 'Basic' ? Buffer.from(credentials, 'utf8').toString('base64') : credentials
  return (request) => {
    const [, given = ''] =
      new RegExp(`^${scheme} +(\\S+)$`, 'i').exec(headerOf(request, 'authorization')) ?? []
    return sameText(given, expected)
      ? { genuine: true, body: request.body }
      : refuse(`authorization is no ${scheme} of the partner’s`)
  }
}

function smEnvelope(config: Extract<VerifyConfig, { scheme: 'sm-envelope' }>, services: Services): Verifier {
  const codec = envelopeCodec(config, services)
  return (request) => {
    const envelope = readEnvelope(request.body)
    if (envelope === undefined) return refuse('the body is no sealed envelope')
    if (!sameText(envelope.appCode, config.appCode)) return refuse('appCode is not the partner’s')
    if (!isFresh(Number(envelope.timestamp) * 1000, WINDOW_MS, services))
      return refuse(`timestamp ${envelope.timestamp.slice(0, 20)} is not within ${WINDOW_MS / 1000} s of now`)
    try {
      return { genuine: true, body: codec.open(envelope) }
    } catch (error) {
      return refuse((error as Error).message)
    }
  }
}

function isFresh(atMs: number, windowMs: number, { clock }: Services): boolean {
  return Math.abs(clock.now() - atMs) <= windowMs
}
