/**
 * A body sealed with national algorithms, in the shape that the health-insurance platform gave it: SM4 for its content, SM2 (with
 * SM3, GB/T 32918) for the signature over every other field. Node's own "SM2" signature is none, so sm-crypto-v2 signs.
 *
 * Taken here, since the platform's paper is not public: SM4-ECB with PKCS#7 as `encData` in upper-case hex, the signature r‖s in
 * base64 over `appCode=…&data=…&encType=…&signType=…&timestamp=…&version=…`, user id 1234567812345678.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { sm2 } from 'sm-crypto-v2'
import type { SigningServices } from './remote.ts'
import type { Signer } from './signer.ts'

export interface SmEnvelopeConfig {
  readonly scheme: 'sm-envelope'
  readonly appCode: string
  /** Name of the secret: SM4 key, 32 hex digits. */
  readonly dataKey: { readonly secret: string }
  /** Name of the secret: our SM2 private key, 64 hex digits. */
  readonly signKey: { readonly secret: string }
  /** The partner's SM2 public key, 04 and 128 hex digits. */
  readonly partnerKey: string
}

export interface Envelope {
  readonly data: { readonly encData: string }
  readonly appCode: string
  readonly version: string
  readonly encType: 'SM4'
  readonly signType: 'SM2'
  /** Epoch seconds. */
  readonly timestamp: string
  readonly signData: string
}

const VERSION = '2.0.1'
const CONTENT_TYPE = 'application/json; charset=utf-8'

export function smEnvelope(config: SmEnvelopeConfig, services: SigningServices): Signer {
  const codec = envelopeCodec(config, services)
  return {
    sign: ({ body }) => ({
      headers: {},
      sealed: {
        body: Buffer.from(JSON.stringify(codec.seal(body, services.clock.now()))),
        contentType: CONTENT_TYPE,
      },
    }),
    unseal: (answer) => {
      const envelope = readEnvelope(answer)
      return envelope === undefined ? answer : codec.open(envelope)
    },
  }
}

export interface EnvelopeCodec {
  seal(body: Uint8Array, nowMs: number): Envelope
  /** @throws Error where the signature is not the partner's, or the content does not open */
  open(envelope: Envelope): Uint8Array
}

export function envelopeCodec(
  { appCode, dataKey, signKey, partnerKey }: Omit<SmEnvelopeConfig, 'scheme'>,
  { secret }: Pick<SigningServices, 'secret'>,
): EnvelopeCodec {
  const key = Buffer.from(secret(dataKey.secret), 'hex')
  const own = secret(signKey.secret)
  return {
    seal(body, nowMs) {
      const cipher = createCipheriv('sm4-ecb', key, null)
      const encData = Buffer.concat([cipher.update(body), cipher.final()])
        .toString('hex')
        .toUpperCase()
      const unsigned = {
        data: { encData },
        appCode,
        version: VERSION,
        encType: 'SM4',
        signType: 'SM2',
        timestamp: String(Math.floor(nowMs / 1000)),
      } as const
      const signature = sm2.doSignature(textOf(unsigned), own, { hash: true, der: false })
      return { ...unsigned, signData: Buffer.from(signature, 'hex').toString('base64') }
    },
    open(envelope) {
      const signature = Buffer.from(envelope.signData, 'base64').toString('hex')
      if (!sm2.doVerifySignature(textOf(envelope), signature, partnerKey, { hash: true, der: false }))
        throw new Error('The signature of the envelope is not the partner’s.')
      const decipher = createDecipheriv('sm4-ecb', key, null)
      return Buffer.concat([decipher.update(envelope.data.encData, 'hex'), decipher.final()])
    },
  }
}

function textOf({
  appCode,
  data,
  encType,
  signType,
  timestamp,
  version,
}: Omit<Envelope, 'signData'>): string {
  const fields = { appCode, data: data.encData, encType, signType, timestamp, version }
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** Undefined where the bytes are no envelope at all. */
export function readEnvelope(bytes: Uint8Array): Envelope | undefined {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
  const { data, appCode, version, encType, signType, timestamp, signData } = (value ??
    {}) as Partial<Envelope>
  const texts = [data?.encData, appCode, version, timestamp, signData]
  const whole = texts.every((text) => typeof text === 'string') && encType === 'SM4' && signType === 'SM2'
  return whole && /^(?:[0-9A-Fa-f]{2})*$/.test(data?.encData ?? '') ? (value as Envelope) : undefined
}
