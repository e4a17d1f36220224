import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { sm2 } from 'sm-crypto-v2'
import type { DoorHandler } from '../../hub/contract/door.ts'
import type { Inbound, InboundOutcome, ListenServices } from '../../hub/contract/listener.ts'
import { keepsListenerContract, listenServices, notYet, refused, taken } from '../listener-conformance.ts'
import { SELF_SIGNED } from '../shared/self-signed.ts'
import { envelopeCodec, readEnvelope } from '../shared/signing/sm-envelope.ts'
import type { RestListenConfig, RestListener } from './listener.ts'
import { openRestListener } from './listener.ts'
import { rest } from './rest.ts'
import { senderBench, TOKEN, tifHeaders } from './sender-bench.ts'

keepsListenerContract(rest, senderBench)

const ours = sm2.generateKeyPairHex()
const theirs = sm2.generateKeyPairHex()
const SECRETS = {
  TOKEN,
  PASSWORD: 'open sesame',
  DATA: '0123456789abcdeffedcba9876543210',
  OURS: ours.privateKey,
  CERT: SELF_SIGNED.cert,
  KEY: SELF_SIGNED.key,
}

describe('rest listener', () => {
  let server: Server
  let handler: DoorHandler | undefined
  let listener: RestListener
  let received: Inbound[]
  let outcome: (inbound: Inbound) => InboundOutcome

  beforeEach(async () => {
    received = []
    outcome = taken
    server = createServer((request, response) => handler?.(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })

  afterEach(async () => {
    await listener.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  async function open(config: RestListenConfig, given: Partial<ListenServices> = {}): Promise<void> {
    const door = {
      mount: (_path: string, given: DoorHandler) => {
        handler = given
        return () => {
          handler = undefined
        }
      },
    }
    const receive = async (inbound: Inbound): Promise<InboundOutcome> => {
      received.push(inbound)
      return outcome(inbound)
    }
    listener = await openRestListener(config, { ...listenServices(receive, door, SECRETS), ...given })
  }

  async function post(
    headers: Readonly<Record<string, string>>,
    body = '{"a":1}',
    method = 'POST',
  ): Promise<{ status: number; headers: Headers; text: string }> {
    const { port } = server.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}/partners/city-411300`, {
      method,
      headers,
      ...(method === 'GET' ? {} : { body }),
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  const TIF = { scheme: 'tif', paasid: 'demo-411300', secret: 'TOKEN' } as const

  describe('by the TIF headers', () => {
    beforeEach(() => open({ verify: TIF }))

    it('lets the partner in, and nobody else, without a hint', async () => {
      assert.equal((await post(tifHeaders(Date.now()))).status, 200)
      const good = tifHeaders(Date.now())
      const bad: Record<string, Record<string, string>> = {
        'another token': tifHeaders(Date.now(), 'OTHER'),
        'too old': tifHeaders(Date.now() - 181_000),
        'too new': tifHeaders(Date.now() + 181_000),
        'another id': { ...good, 'x-tif-paasid': 'demo-410100' },
        'another time': { ...good, 'x-tif-timestamp': String(Number(good['x-tif-timestamp']) + 1) },
        'no time': { ...good, 'x-tif-timestamp': 'soon' },
        nothing: {},
      }
      for (const [title, headers] of Object.entries(bad)) {
        const { status, text } = await post(headers)
        assert.equal(status, 401, title)
        assert.deepEqual(Object.keys(JSON.parse(text)), ['type', 'title', 'status', 'code'])
      }
      assert.equal(received.length, 1)
    })

    it('answers what became of a document, with every fault', async () => {
      const accepted = JSON.parse((await post(tifHeaders(Date.now()))).text)
      assert.equal(accepted.caseNo, '41130020260930000017')
      assert.match(accepted.receipt.digest, /^sm3:/)
      outcome = () => ({
        ...(refused('body.applyerName：缺少必填项') as Extract<InboundOutcome, { kind: 'refused' }>),
        faults: [
          { code: 'FIELD_REQUIRED', source: 'body.applyerName', reason: { zh: '缺少必填项', en: 'missing' } },
        ],
      })
      const no = await post(tifHeaders(Date.now()))
      assert.equal(no.status, 422)
      assert.equal(no.headers.get('content-type'), 'application/problem+json; charset=utf-8')
      assert.equal(JSON.parse(no.text).faults[0].source, 'body.applyerName')
      outcome = () => notYet('hub')
      const later = await post(tifHeaders(Date.now()))
      assert.deepEqual([later.status, later.headers.get('retry-after')], [503, '1'])
      outcome = () => notYet('order')
      assert.equal((await post(tifHeaders(Date.now()))).status, 409)
    })

    it('trusts no key that is not signed: the document itself is the key', async () => {
      assert.equal((await post({ ...tifHeaders(Date.now()), 'idempotency-key': 'another' })).status, 200)
      assert.equal(received[0]?.idempotencyKey, undefined)
    })

    it('refuses other methods, compressed bodies, and what goes on for ever, and reads no more of it', async () => {
      assert.equal((await post(tifHeaders(Date.now()), '', 'GET')).status, 405)
      assert.equal((await post({ ...tifHeaders(Date.now()), 'content-encoding': 'gzip' })).status, 415)
      const { port } = server.address() as AddressInfo
      const socket = connect(port, '127.0.0.1')
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1')
      })
      socket.on('error', () => {})
      socket.write('POST /partners/city-411300 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
      const chunk = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`)
      while (!answer.includes('413') && !socket.destroyed)
        await new Promise((resolve) => socket.write(chunk, resolve))
      assert.match(answer, /^HTTP\/1\.1 413/)
      socket.destroy()
      assert.equal(received.length, 0)
    })
  })

  it('answers in the sender’s own format where there is one, and 200 where it reads nothing else', async () => {
    await open({ verify: TIF, alwaysOk: true })
    outcome = () => ({
      ...refused('x'),
      reply: { contentType: 'application/json; charset=gbk', body: Buffer.from('{"head":{"code":"300"}}') },
    })
    const { status, text, headers } = await post(tifHeaders(Date.now()))
    assert.deepEqual([status, text], [200, '{"head":{"code":"300"}}'])
    assert.equal(headers.get('content-type'), 'application/json; charset=gbk')
    assert.equal((await post({})).status, 401)
  })

  it('takes a request of the national gateway once', async () => {
    await open({ verify: { scheme: 'national-gateway', sid: 's_demo', secret: 'TOKEN' } })
    const rtime = String(Date.now())
    const headers = {
      gjzwfwpt_sid: 's_demo',
      gjzwfwpt_rid: 'r-1',
      gjzwfwpt_rtime: rtime,
      gjzwfwpt_sign: createHmac('sha256', TOKEN).update(`s_demor-1${rtime}`).digest('base64'),
    }
    assert.equal((await post(headers)).status, 200)
    assert.equal((await post(headers)).status, 401)
    assert.equal((await post({ ...headers, gjzwfwpt_rid: 'r-2' })).status, 401)
  })

  it('says "not now" while it cannot be looked up whether a request came before', async () => {
    const once = async (): Promise<boolean> => {
      throw new Error('the store is away')
    }
    await open({ verify: { scheme: 'national-gateway', sid: 's_demo', secret: 'TOKEN' } }, { once })
    const rtime = String(Date.now())
    const { status, headers, text } = await post({
      gjzwfwpt_sid: 's_demo',
      gjzwfwpt_rid: 'r-1',
      gjzwfwpt_rtime: rtime,
      gjzwfwpt_sign: createHmac('sha256', TOKEN).update(`s_demor-1${rtime}`).digest('base64'),
    })
    assert.deepEqual(
      [status, headers.get('retry-after'), JSON.parse(text).code],
      [503, '5', 'STORE_UNAVAILABLE'],
    )
    assert.equal(received.length, 0)
  })

  it('is not moved by who leaves in the middle of a body, nor by an answer that cannot be written', async () => {
    const logged: object[] = []
    const log = { info: () => {}, warn: () => {}, error: (details: object) => void logged.push(details) }
    await open({ verify: TIF }, { log })
    const { port } = server.address() as AddressInfo
    const socket = connect(port, '127.0.0.1')
    const mounted = handler as DoorHandler
    const begun = new Promise<void>((resolve) => {
      handler = (request, response) => {
        mounted(request, response)
        resolve()
      }
    })
    socket.write('POST /partners/city-411300 HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{')
    await begun
    socket.destroy()
    // Done once everything that came in has found its end.
    await listener.close()
    assert.deepEqual([logged, received], [[], []])

    await open({ verify: TIF }, { log })
    outcome = () => ({ ...refused('x'), reply: { contentType: 'text/plain\n', body: Buffer.alloc(0) } })
    await assert.rejects(post(tifHeaders(Date.now())))
    assert.equal(logged.length, 1)
    outcome = taken
    assert.equal((await post(tifHeaders(Date.now()))).status, 200)
  })

  it('takes the day signature of today', async () => {
    await open({ verify: { scheme: 'md5-day', appId: 'hn', secret: 'TOKEN' } })
    const day = (shiftMs: number): string =>
      new Date(Date.now() + 8 * 3_600_000 + shiftMs).toISOString().slice(0, 10).replaceAll('-', '')
    const headers = (on: string): Record<string, string> => ({
      appid: 'hn',
      apicode: 'CASE',
      sign: createHash('md5').update(`hn${TOKEN}${on}CASE`).digest('hex'),
    })
    assert.equal((await post(headers(day(0)))).status, 200)
    assert.equal((await post(headers(day(-2 * 86_400_000)))).status, 401)
    assert.equal((await post({ ...headers(day(0)), apicode: 'OTHER' })).status, 401)
  })

  it('takes user and password, or a token', async () => {
    await open({ verify: { scheme: 'basic', user: 'Aladdin', secret: 'PASSWORD' } })
    assert.equal((await post({ authorization: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==' })).status, 200)
    assert.equal((await post({ authorization: 'Basic QWxhZGRpbjpvcGVuIHNlc2Ft' })).status, 401)
    await listener.close()
    await open({ verify: { scheme: 'bearer', secret: 'TOKEN' } })
    assert.equal((await post({ authorization: `bearer ${TOKEN}` })).status, 200)
    assert.equal((await post({ authorization: `Bearer ${TOKEN}x` })).status, 401)
  })

  it('opens sealed envelopes, hands over what was in them, and seals its answers', async () => {
    const secrets = { secret: (name: string) => ({ ...SECRETS, THEIRS: theirs.privateKey })[name] as string }
    const partner = envelopeCodec(
      {
        appCode: 'city',
        dataKey: { secret: 'DATA' },
        signKey: { secret: 'THEIRS' },
        partnerKey: ours.publicKey,
      },
      secrets,
    )
    await open({
      verify: {
        scheme: 'sm-envelope',
        appCode: 'city',
        dataKey: { secret: 'DATA' },
        signKey: { secret: 'OURS' },
        partnerKey: theirs.publicKey,
      },
    })
    const body = Buffer.from('{"applyerName":"测试甲","no":410101190001010015}')
    const sealed = partner.seal(body, Date.now())
    const { status, text } = await post({ 'content-type': 'application/json' }, JSON.stringify(sealed))
    assert.equal(status, 200)
    assert.deepEqual(Buffer.from(received[0]?.body ?? []), body)
    const answer = readEnvelope(Buffer.from(text))
    assert.ok(answer)
    assert.match(Buffer.from(partner.open(answer)).toString(), /"caseNo":"41130020260930000017"/)
    for (const change of [
      { timestamp: '1767225600' },
      { appCode: 'other' },
      { signData: Buffer.alloc(64).toString('base64') },
    ])
      assert.equal((await post({}, JSON.stringify({ ...sealed, ...change }))).status, 401)
    assert.equal((await post({}, '{"clear":true}')).status, 401)
    assert.equal(received.length, 1)
  })

  it('asks for the partner’s certificate at a port of its own', async () => {
    await open({
      verify: { scheme: 'certificate' },
      bind: {
        host: '127.0.0.1',
        port: 0,
        cert: { secret: 'CERT' },
        key: { secret: 'KEY' },
        clientCa: { secret: 'CERT' },
      },
    })
    const ask = (certificate: object): Promise<number> =>
      new Promise((resolve, reject) => {
        const request = httpsRequest(
          {
            host: '127.0.0.1',
            servername: 'localhost',
            port: listener.port,
            path: '/',
            method: 'POST',
            ca: SELF_SIGNED.cert,
            headers: { 'idempotency-key': 'K-1' },
            ...certificate,
          },
          (response) => {
            response.resume()
            resolve(response.statusCode ?? 0)
          },
        )
        request.on('error', reject)
        request.end('{}')
      })
    assert.equal(await ask({ cert: SELF_SIGNED.cert, key: SELF_SIGNED.key }), 200)
    await assert.rejects(ask({}))
    // The connection is the proof here, and covers every header.
    assert.deepEqual(
      received.map(({ idempotencyKey }) => idempotencyKey),
      ['K-1'],
    )
  })

  it('will not rest on a certificate that nobody asks for', async () => {
    await assert.rejects(open({ verify: { scheme: 'certificate' } }), /Add bind/)
    await open({ verify: TIF })
  })
})
