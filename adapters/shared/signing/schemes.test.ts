import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { sm2 } from 'sm-crypto-v2'
import { LinkLost, Rejected } from '../../../hub/contract/errors.ts'
import { linkServices } from '../../conformance.ts'
import type { SigningServices } from './remote.ts'
import { openSigner, type SigningConfig } from './schemes.ts'
import type { SignableRequest, Signed } from './signer.ts'
import { envelopeCodec, readEnvelope } from './sm-envelope.ts'

const never = new AbortController().signal
/** 2026-01-01T08:00:00+08:00, the instant of the worked examples. */
const EXAMPLE_MS = 1_767_225_600_000

let nowMs = EXAMPLE_MS

function services(secrets: Readonly<Record<string, string>>, random?: Uint8Array): SigningServices {
  const real = linkServices(() => ({ verdict: 'taken' }), secrets)
  return {
    ...real,
    clock: { ...real.clock, now: () => nowMs },
    ...(random === undefined ? {} : { randomBytes: () => random }),
  }
}

function request(change: Partial<SignableRequest> = {}): SignableRequest {
  return { method: 'POST', path: '/x', query: '', body: Buffer.from('{"a":1}'), id: 'hub-41', ...change }
}

async function signedBy(
  config: SigningConfig,
  given: SigningServices,
  change: Partial<SignableRequest> = {},
): Promise<Signed> {
  return openSigner(config, given).sign(request(change), never)
}

describe('outbound signing', () => {
  beforeEach(() => {
    nowMs = EXAMPLE_MS
  })

  it('computes the worked example of the TIF headers', async () => {
    const given = services({ TIF: 'SYNTHETIC-TOKEN' }, Buffer.from('demo-nonce-0001'))
    const { headers } = await signedBy({ scheme: 'tif', paasid: 'demo-411300', secret: 'TIF' }, given)
    assert.equal(headers['x-tif-timestamp'], '1767225600')
    assert.equal(headers['x-tif-nonce'], Buffer.from('demo-nonce-0001').toString('hex'))
    // The nonce of the example is text; ours is hex, so the example itself is held against the formula.
    const { tifSignature } = await import('./tif.ts')
    assert.equal(
      tifSignature('1767225600', 'SYNTHETIC-TOKEN', 'demo-nonce-0001'),
      'F9BD3D20529501C3F6F092E15FEEB692E80616DE4AE029F53613BBEE6DBBF00C',
    )
    assert.equal(
      headers['x-tif-signature'],
      tifSignature('1767225600', 'SYNTHETIC-TOKEN', headers['x-tif-nonce'] as string),
    )
  })

  it('changes the day signature at midnight in Beijing, and with the interface', async () => {
    const config = { scheme: 'md5-day', appId: 'hn', apiCode: 'CASE_APPLY', secret: 'DAY' } as const
    const signAt = async (iso: string, hints = {}): Promise<string | undefined> => {
      nowMs = Date.parse(iso)
      return (await signedBy(config, services({ DAY: 'SYNTHETIC' }), { hints })).headers.sign
    }
    const before = await signAt('2026-09-30T23:59:59+08:00')
    // md5 of hnSYNTHETIC20260930CASE_APPLY, computed with another tool.
    assert.equal(before, 'caf67da0ffeafb7efd54a6518c438693')
    assert.notEqual(await signAt('2026-10-01T00:00:00+08:00'), before)
    assert.notEqual(await signAt('2026-09-30T23:59:59+08:00', { apiCode: 'CASE_STEP' }), before)
  })

  it('writes user and password as RFC 7617 has it', async () => {
    const config = { scheme: 'basic', user: 'Aladdin', secret: 'PASSWORD' } as const
    const { headers } = await signedBy(config, services({ PASSWORD: 'open sesame' }))
    assert.equal(headers.authorization, 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==')
  })

  describe('by sealed envelopes', () => {
    const ours = sm2.generateKeyPairHex()
    const theirs = sm2.generateKeyPairHex()
    const secrets = {
      DATA: '0123456789abcdeffedcba9876543210',
      OURS: ours.privateKey,
      THEIRS: theirs.privateKey,
    }
    const config = {
      scheme: 'sm-envelope',
      appCode: 'hub-41',
      dataKey: { secret: 'DATA' },
      signKey: { secret: 'OURS' },
      partnerKey: theirs.publicKey,
    } as const
    const partner = envelopeCodec(
      {
        appCode: 'partner',
        dataKey: { secret: 'DATA' },
        signKey: { secret: 'THEIRS' },
        partnerKey: ours.publicKey,
      },
      services(secrets),
    )

    it('seals what the partner opens, whatever the body', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (body) => {
          const { sealed } = await signedBy(config, services(secrets), { body })
          const envelope = readEnvelope(sealed?.body ?? Buffer.alloc(0))
          assert.ok(envelope)
          assert.equal(envelope.timestamp, String(nowMs / 1000))
          assert.deepEqual(Buffer.from(partner.open(envelope)), Buffer.from(body))
        }),
        { numRuns: 20 },
      )
    })

    it('uses SM4 as the standard has it (GB/T 32907 example 1)', () => {
      const cipher = createCipheriv('sm4-ecb', Buffer.from('0123456789abcdeffedcba9876543210', 'hex'), null)
      const block = cipher.update(Buffer.from('0123456789abcdeffedcba9876543210', 'hex'))
      assert.equal(block.toString('hex'), '681edf34d206965e86b3e94f536e4246')
    })

    it('opens the partner’s answers, lets a page in the clear pass, and refuses what was changed', () => {
      const { unseal } = openSigner(config, services(secrets))
      assert.ok(unseal)
      const sealed = partner.seal(Buffer.from('{"code":0,"姓名":"测试甲"}'), nowMs)
      assert.equal(
        Buffer.from(unseal(Buffer.from(JSON.stringify(sealed)))).toString(),
        '{"code":0,"姓名":"测试甲"}',
      )
      assert.equal(Buffer.from(unseal(Buffer.from('<html>'))).toString(), '<html>')
      for (const change of [
        { timestamp: '1' },
        { data: { encData: sealed.data.encData.replace(/^../, '00') } },
      ])
        assert.throws(() => unseal(Buffer.from(JSON.stringify({ ...sealed, ...change }))), /signature/)
    })
  })

  describe('with what has to be fetched', () => {
    let server: Server
    let asked: { readonly request: IncomingMessage; readonly body: string }[]
    let answer: () => { readonly status: number; readonly body: unknown }

    beforeEach(async () => {
      asked = []
      server = createServer(async (incoming, response) => {
        let body = ''
        for await (const chunk of incoming) body += chunk
        asked.push({ request: incoming, body })
        const { status, body: content } = answer()
        response.writeHead(status).end(JSON.stringify(content))
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    })

    afterEach(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })

    const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
    const oauth = (): SigningConfig => ({
      scheme: 'oauth2',
      tokenUrl: url(),
      clientId: 'hub 41',
      secret: 'CLIENT',
      scope: 'case:write',
    })

    it('asks for a token once, keeps it until it is about to expire, and drops it when it is refused', async () => {
      let count = 0
      answer = () => ({ status: 200, body: { access_token: `T${++count}`, expires_in: 100 } })
      const signer = openSigner(oauth(), services({ CLIENT: 's:1' }))
      const token = async (): Promise<string | undefined> =>
        (await signer.sign(request(), never)).headers.authorization
      assert.deepEqual(await Promise.all([token(), token()]), ['Bearer T1', 'Bearer T1'])
      assert.equal(asked[0]?.body, 'grant_type=client_credentials&scope=case%3Awrite')
      assert.equal(
        asked[0]?.request.headers.authorization,
        `Basic ${Buffer.from('hub%2041:s%3A1').toString('base64')}`,
      )
      nowMs += 89_000
      assert.equal(await token(), 'Bearer T1')
      nowMs += 2_000
      assert.equal(await token(), 'Bearer T2')
      signer.refused?.()
      assert.equal(await token(), 'Bearer T3')
      assert.equal(asked.length, 3)
    })

    it('says that nothing was sent where no token can be had, and whose fault it is', async () => {
      const signer = openSigner(oauth(), services({ CLIENT: 'x' }))
      answer = () => ({ status: 503, body: {} })
      await assert.rejects(async () => signer.sign(request(), never), LinkLost)
      answer = () => ({ status: 401, body: { error: 'invalid_client' } })
      await assert.rejects(
        async () => signer.sign(request(), never),
        (error: unknown) => {
          assert.ok(error instanceof Rejected)
          assert.equal(error.kind, 'credential')
          return true
        },
      )
      answer = () => ({ status: 200, body: { token: 'not called so' } })
      await assert.rejects(async () => signer.sign(request(), never), /access_token is expected/)
      const gone = openSigner(
        { scheme: 'oauth2', tokenUrl: 'http://127.0.0.1:9/token', clientId: 'x', secret: 'CLIENT' },
        services({ CLIENT: 'x' }),
      )
      await assert.rejects(async () => gone.sign(request(), never), LinkLost)
    })

    it('fetches the national gateway’s secret of this hour and decrypts it', async () => {
      const key = 'SUBSCRIBER-KEY-0'
      const sealed = (secret: string): string => {
        const cipher = createCipheriv('aes-128-ecb', Buffer.from(key), null)
        return Buffer.concat([cipher.update(secret), cipher.final()]).toString('base64')
      }
      answer = () => ({
        status: 200,
        body: { data: { secret: sealed('SYNTHETIC-SECRET'), expiresIn: 3600 } },
      })
      const config: SigningConfig = {
        scheme: 'national-gateway',
        sid: 's_demo_0001',
        secret: 'KEY',
        rotation: { url: url() },
      }
      const { headers } = await signedBy(config, services({ KEY: key }))
      assert.equal(headers.gjzwfwpt_sign, 'UZl8WSuv6IaFSWrCBap+0ska0cNNuj6CvncJW2CEO30=')
      assert.equal(asked[0]?.request.url, '/token?sid=s_demo_0001')
      answer = () => ({ status: 200, body: { data: { secret: 'AAAA', expiresIn: 3600 } } })
      await assert.rejects(signedBy(config, services({ KEY: key })), LinkLost)
    })
  })
})
