import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClientAsync, WSSecurity } from 'soap'
import type { DoorHandler } from '../../../hub/contract/door.ts'
import { StoreError } from '../../../hub/contract/errors.ts'
import type { Inbound, InboundOutcome, Listener, ListenServices } from '../../../hub/contract/listener.ts'
import { listenServices, notYet, refused, taken } from '../../listener-conformance.ts'
import { WSDL_FOLDER } from '../bench.ts'
import {
  envelope,
  escaped,
  LISTEN_CONFIG,
  PASSWORD,
  type Posted,
  post,
  submit,
  token,
} from '../sender-bench.ts'
import { type SoapListenConfig, soap } from '../soap.ts'

const P2_INNER = `<?xml version="1.0" encoding="GBK"?>
<APPROVEDATAINFO><SBLSH>41130020260930000017</SBLSH><SQRMC>测试甲</SQRMC><XML_DATA>&lt;form/&gt;</XML_DATA></APPROVEDATAINFO>`
const OWN = '/soap/city-411300'
const KNOWN = '<w:askBack>x</w:askBack>'

describe('soap listener', () => {
  let server: http.Server
  let address: string
  let handlers: Map<string, DoorHandler>
  let received: Inbound[]
  let decide: (inbound: Inbound) => InboundOutcome | Promise<InboundOutcome>
  let listener: Listener

  beforeEach(async () => {
    handlers = new Map([['/soap', soap.publishes]])
    received = []
    decide = taken
    server = http.createServer((request, response) => {
      const path = (request.url ?? '').split('?')[0] ?? ''
      const handler = [...handlers]
        .sort(([one], [two]) => two.length - one.length)
        .find(([at]) => `${path}/`.startsWith(`${at}/`))
      if (handler) handler[1](request, response)
      else response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    listener = await open()
  })

  afterEach(async () => {
    await listener.close()
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })

  function open(
    config: SoapListenConfig = LISTEN_CONFIG,
    services: Partial<ListenServices> = {},
  ): Promise<Listener> {
    const door = {
      mount(path: string, handler: DoorHandler) {
        handlers.set(path, handler)
        return () => void handlers.delete(path)
      },
    }
    return soap.listen(config, {
      ...listenServices(
        async (inbound) => {
          received.push(inbound)
          return decide(inbound)
        },
        door,
        { CITY_PASSWORD: PASSWORD, CITY_TOKEN: 'synthetic-token' },
      ),
      ...services,
    })
  }

  const call = (text: string, headers: http.OutgoingHttpHeaders = {}): Promise<Posted> =>
    post(address + OWN, text, { headers })
  const bodyOf = (inbound: Inbound | undefined): string => new TextDecoder().decode(inbound?.body)

  it('takes a document in a string as it was written, in UTF-8 whatever its declaration says', async () => {
    const { status, text } = await call(envelope(submit(P2_INNER, 'application/xml; charset=GBK', 'K-1')))
    assert.equal(status, 200)
    assert.equal(bodyOf(received[0]), P2_INNER)
    assert.equal(received[0]?.contentType, 'application/xml; charset=utf-8')
    assert.equal(received[0]?.idempotencyKey, 'K-1')
    for (const part of [
      '<hub:caseNo>41130020260930000017<',
      '<hub:messageId>m-K-1<',
      '<hub:sequence>1<',
      '<hub:repeated>false<',
      '<hub:digest>sm3:66c7',
    ])
      assert.ok(text.includes(part), `${part} in ${text}`)
  })

  it('takes JSON in a string, and XML as an element', async () => {
    await call(envelope(submit('{"applyerPageCode":"410101190001010015"}', 'application/json')))
    assert.deepEqual(
      [bodyOf(received[0]), received[0]?.contentType],
      ['{"applyerPageCode":"410101190001010015"}', 'application/json; charset=utf-8'],
    )
    await call(
      envelope(
        '<h:submit xmlns:h="urn:henan-integration-hub:messages:1"><h:xml><D xsi:type="w:T" xmlns="">甲<![CDATA[<]]></D></h:xml></h:submit>',
      ),
    )
    assert.equal(
      bodyOf(received[1]),
      '<D xmlns:w="http://ws.demo.gov/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="w:T" xmlns="">甲<![CDATA[<]]></D>',
    )
  })

  it('hands a partner’s own element over as the root of a document, a string in it untouched', async () => {
    const element = `<w:receiveCase><accessToken>DEMO</accessToken><xmlStr><![CDATA[${P2_INNER}]]></xmlStr></w:receiveCase>`
    await call(envelope(element))
    assert.equal(
      bodyOf(received[0]),
      element.replace('<w:receiveCase>', '<w:receiveCase xmlns:w="http://ws.demo.gov/">'),
    )
    assert.equal(received[0]?.contentType, 'text/xml; charset=utf-8')
  })

  const RESULT =
    '<?xml version="1.0" encoding="GBK"?><RESULT><STATUS>200</STATUS><DESC>请求成功</DESC></RESULT>'

  it('answers the format’s reply, XML in a string again', async () => {
    const reply = { contentType: 'text/xml; charset=utf-8', body: new TextEncoder().encode(RESULT) }
    decide = (inbound) => ({ ...taken(inbound), reply })
    const { status, text } = await call(envelope('<w:receiveCase/>'))
    assert.equal(status, 200)
    assert.ok(
      text.includes(
        `<a:receiveCaseResponse xmlns:a="http://ws.demo.gov/"><return>${escaped(RESULT)}</return></a:receiveCaseResponse>`,
      ),
      text,
    )
  })

  it('answers the format’s reply in GBK, for a refusal and for "not yet" as well', async () => {
    const body = Buffer.concat([
      Buffer.from('<RESULT><STATUS>422</STATUS><DESC>'),
      Buffer.from([0xb2, 0xe2]),
      Buffer.from('</DESC></RESULT>'),
    ])
    const reply = { contentType: 'text/xml; charset=GBK', body }
    for (const outcome of [refused('x'), notYet('hub')]) {
      decide = () => ({ ...outcome, reply })
      const { status, text } = await call(envelope(KNOWN))
      assert.equal(status, 200)
      assert.match(text, /<soap:Body><RESULT><STATUS>422<\/STATUS><DESC>测<\/DESC><\/RESULT><\/soap:Body>/)
    }
  })

  it('puts its receipt into the partner’s answer where the format has no reply', async () => {
    assert.match(
      (await call(envelope('<w:receiveCase/>'))).text,
      /<return>&lt;hub:receipt .*&lt;hub:caseNo&gt;4113/s,
    )
    assert.match((await call(envelope(KNOWN))).text, /<soap:Body><hub:receipt xmlns:hub=".*<hub:caseNo>4113/s)
  })

  it('answers a reply that is no XML as text, and one that XML cannot carry with the receipt', async () => {
    decide = (inbound) => ({
      ...taken(inbound),
      reply: { contentType: 'application/json', body: new TextEncoder().encode('{"a":"<"}') },
    })
    assert.match((await call(envelope(KNOWN))).text, /<hub:reply [^>]*>\{"a":"&lt;"\}<\/hub:reply>/)
    assert.match(
      (await call(envelope(submit('x', 'text/plain')))).text,
      /<hub:receipt .*<hub:reply contentType="application\/json">/s,
    )
    decide = (inbound) => ({
      ...taken(inbound),
      reply: { contentType: 'text/plain', body: Uint8Array.of(0, 255) },
    })
    assert.match((await call(envelope(KNOWN))).text, /<hub:receipt /)
  })

  it('tells a refusal with every fault and its field, in the version of the call', async () => {
    decide = () => ({
      ...refused('SQRMC：缺少必填项'),
      faults: [
        {
          code: 'FIELD_REQUIRED',
          source: 'APPROVEDATAINFO.SQRMC',
          pointer: '/applicant/name',
          reason: { zh: '缺少必填项 <SQRMC>', en: 'is required & missing' },
          facts: { limit: 1 },
        },
      ],
    })
    const old = await call(envelope(KNOWN))
    assert.equal(old.status, 500)
    assert.match(
      old.text,
      /<faultcode>soap:Client<\/faultcode><faultstring xml:lang="zh">报文内容有误：SQRMC/,
    )
    for (const part of [
      '<hub:code>MESSAGE_NOT_VALID<',
      '<hub:title xml:lang="en">The message is not valid<',
      '<hub:source>APPROVEDATAINFO.SQRMC<',
      '<hub:pointer>/applicant/name<',
      '缺少必填项 &lt;SQRMC&gt;<',
      'is required &amp; missing<',
      '<hub:facts>{"limit":1}<',
    ])
      assert.ok(old.text.includes(part), `${part} in ${old.text}`)
    const newer = await call(envelope(KNOWN, token(), '1.2'), { 'content-type': 'application/soap+xml' })
    assert.equal(newer.status, 400)
    assert.equal(newer.headers['content-type'], 'application/soap+xml; charset=utf-8')
    assert.match(
      newer.text,
      /<soap:Value>soap:Sender<.*hub:MESSAGE_NOT_VALID<.*<soap:Text xml:lang="en">The message/s,
    )
  })

  it('tells "not yet" as its own trouble, with when to come back', async () => {
    decide = () => ({ ...notYet('hub'), afterMs: 1_500 })
    const old = await call(envelope(KNOWN))
    assert.deepEqual([old.status, old.headers['retry-after']], [500, '2'])
    assert.match(
      old.text,
      /<faultcode>soap:Server<.*<hub:code>STORE_UNAVAILABLE<.*<hub:retryAfterSeconds>2</s,
    )
    const newer = await call(envelope(KNOWN, token(), '1.2'), { 'content-type': 'application/soap+xml' })
    assert.equal(newer.status, 500)
    assert.match(newer.text, /<soap:Value>soap:Receiver</)
  })

  it('says to which message an answer belongs', async () => {
    const wsa = 'http://www.w3.org/2005/08/addressing'
    const header = `<a:MessageID e:mustUnderstand="1" xmlns:a="${wsa}">urn:uuid:1&amp;2</a:MessageID>${token()}`
    const { status, text } = await call(envelope(KNOWN, header))
    assert.equal(status, 200)
    assert.ok(text.includes(`<wsa:RelatesTo xmlns:wsa="${wsa}">urn:uuid:1&amp;2</wsa:RelatesTo>`))
  })

  it('hands on the trace context, and the Idempotency-Key header before the element', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    await call(envelope(submit('x', 'text/plain', 'K-1')), { traceparent, 'idempotency-key': 'H-1' })
    assert.deepEqual([received[0]?.traceparent, received[0]?.idempotencyKey], [traceparent, 'H-1'])
    await call(envelope(KNOWN), { traceparent: 'nonsense' })
    assert.deepEqual([received[1]?.traceparent, received[1]?.idempotencyKey], [undefined, undefined])
  })

  it('reads envelopes in GBK', async () => {
    const [before = '', after = ''] = envelope('<w:askBack>|</w:askBack>').split('|')
    const bytes = Buffer.concat([
      Buffer.from(before.replace('南阳市受理系统', 'x')),
      Buffer.from([0xb2, 0xe2]),
      Buffer.from(after),
    ])
    await listener.close()
    listener = await open({
      ...LISTEN_CONFIG,
      authentication: {
        scheme: 'username-token',
        username: 'x',
        secret: 'CITY_PASSWORD',
        password: 'digest',
      },
    })
    const { status } = await post(address + OWN, bytes, {
      headers: { 'content-type': 'text/xml; charset=GBK' },
    })
    assert.equal(status, 200)
    assert.equal(bodyOf(received[0]), '<w:askBack xmlns:w="http://ws.demo.gov/">测</w:askBack>')
  })

  it('waits for nobody who is still sending when it is closed, and tells them to come back', async () => {
    const text = Buffer.from(envelope(KNOWN))
    const request = http.request(address + OWN, {
      method: 'POST',
      headers: { 'content-type': 'text/xml', 'content-length': text.length },
    })
    request.write(text.subarray(0, 100))
    await once(server, 'request')
    await listener.close()
    assert.equal(listener.status().state, 'closed')
    const answered = once(request, 'response') as Promise<[http.IncomingMessage]>
    request.end(text.subarray(100))
    const [response] = await answered
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    assert.equal(response.statusCode, 500)
    assert.match(Buffer.concat(chunks).toString(), /<faultcode>soap:Server<.*HUB_STOPPING/s)
    assert.equal(received.length, 0)
  })

  it('outlives a sender that goes while the hub is at it', async () => {
    let release = (): void => {}
    decide = async (inbound) => {
      await new Promise<void>((resolve) => (release = resolve))
      return taken(inbound)
    }
    const text = envelope(KNOWN)
    const request = http.request(address + OWN, {
      method: 'POST',
      headers: { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(text) },
    })
    request.on('error', () => {})
    const [[, response]] = await Promise.all([
      once(server, 'request') as Promise<[http.IncomingMessage, http.ServerResponse]>,
      request.end(text),
    ])
    while (received.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const gone = once(response, 'close')
    request.destroy()
    await gone
    release()
    decide = taken
    assert.equal((await call(envelope(KNOWN))).status, 200)
  })

  describe('asks who calls', () => {
    const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()
    const denied: readonly (readonly [title: string, header: () => string])[] = [
      ['no token', () => ''],
      [
        'an empty Security',
        () =>
          '<o:Security xmlns:o="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"/>',
      ],
      ['another user', () => token({ username: 'city-410100' })],
      ['another password', () => token({ password: 'wrong' })],
      ['another password as text', () => token({ password: 'wrong', type: 'text' })],
      ['an empty password as text', () => token({ password: '', type: 'text' })],
      ['a digest of 330 s ago', () => token({ created: ago(330_000) })],
      ['a digest of 330 s ahead', () => token({ created: ago(-330_000) })],
      ['a digest of no time', () => token({ created: 'yesterday' })],
      ['a digest without a nonce', () => token({ nonce: '' })],
      ['two tokens', () => token().replace(/<o:UsernameToken>.*<\/o:UsernameToken>/, (one) => one + one)],
      ['a password of a type that there is not', () => token().replace('#PasswordDigest', '#PasswordMagic')],
    ]
    for (const [title, header] of denied) {
      it(`refuses ${title}, with the same words each time`, async () => {
        const { status, text } = await call(envelope(KNOWN, header()))
        assert.equal(status, 500)
        assert.match(
          text,
          /<faultcode>soap:Client<.*<hub:code>AUTH_FAILED<.*<hub:words xml:lang="zh">无法由此调用确认发送方<.*<hub:words xml:lang="en">The call does not show who sends it.</s,
        )
        assert.equal(received.length, 0)
      })
    }

    for (const [title, header] of [
      ['a digest of 270 s ago', () => token({ created: ago(270_000) })],
      [
        'a time in Beijing',
        () => token({ created: new Date(Date.now() + 28_800_000).toISOString().replace('Z', '+08:00') }),
      ],
      ['the password as text', () => token({ type: 'text' })],
    ] as const)
      it(`takes ${title}`, async () => assert.equal((await call(envelope(KNOWN, header()))).status, 200))

    it('tells the log of each that it lets not in, without what was sent', async () => {
      await listener.close()
      const told: unknown[] = []
      const silent = (): void => {}
      const log = { info: silent, error: silent, warn: (details: object) => void told.push(details) }
      listener = await open(LISTEN_CONFIG, { log })
      await call(envelope(KNOWN, token({ password: 'wrong' })))
      assert.deepEqual(told, [{ system: 'city-411300', from: '127.0.0.1' }])
    })

    it('asks to come back where it cannot look a nonce up, and says nothing of an error of its own', async () => {
      for (const [error, code] of [
        [new StoreError('STORE_BUSY', 'locked by /srv/hub/data'), 'STORE_UNAVAILABLE'],
        [new TypeError('x is not a function'), 'INTERNAL'],
      ] as const) {
        await listener.close()
        listener = await open(LISTEN_CONFIG, { once: () => Promise.reject(error) })
        const { status, text } = await call(envelope(KNOWN))
        assert.equal(status, 500)
        assert.match(text, new RegExp(`<faultcode>soap:Server<.*<hub:code>${code}<`, 's'))
        assert.ok(!text.includes(error.message))
      }
      assert.equal(received.length, 0)
    })

    it('takes a digest once, also where many come at once, and however the nonce is written', async () => {
      const nonce = 'AAAAAAAAAAAAAAAAAAAAAA=='
      const created = new Date().toISOString()
      const variants = [nonce, nonce, nonce.replace('==', ''), ` ${nonce}`, nonce.replace('A=', 'B=')]
      const answers = await Promise.all(
        variants.map((text) => call(envelope(KNOWN, token({ nonce: text, created })))),
      )
      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
      assert.equal(received.length, 1)
    })

    it('does not use a nonce up for who does not know the password', async () => {
      const wishes = { nonce: 'BBBBBBBBBBBBBBBBBBBBBA==', created: new Date().toISOString() }
      assert.equal((await call(envelope(KNOWN, token({ ...wishes, password: 'wrong' })))).status, 500)
      assert.equal((await call(envelope(KNOWN, token(wishes)))).status, 200)
    })

    it('takes only what the option allows', async () => {
      await listener.close()
      listener = await open({
        ...LISTEN_CONFIG,
        authentication: {
          ...LISTEN_CONFIG.authentication,
          scheme: 'username-token',
          username: '南阳市受理系统',
        },
      } as SoapListenConfig)
      assert.equal((await call(envelope(KNOWN, token()))).status, 200)
      await listener.close()
      listener = await open({
        ...LISTEN_CONFIG,
        authentication: { scheme: 'username-token', username: '南阳市受理系统', secret: 'CITY_PASSWORD' },
      })
      assert.equal((await call(envelope(KNOWN, token({ type: 'text' })))).status, 500)
      assert.equal((await call(envelope(KNOWN, token()))).status, 200)
    })

    it('takes a token in the element, and keeps it out of the document', async () => {
      await listener.close()
      listener = await open({
        ...LISTEN_CONFIG,
        authentication: { scheme: 'element', element: 'accessToken', secret: 'CITY_TOKEN' },
      })
      const element = (text: string): string =>
        envelope(`<w:receiveCase><accessToken>${text}</accessToken><xmlStr>甲</xmlStr></w:receiveCase>`, '')
      assert.equal((await call(element('synthetic-token'))).status, 200)
      assert.equal(
        bodyOf(received[0]),
        '<w:receiveCase xmlns:w="http://ws.demo.gov/"><accessToken></accessToken><xmlStr>甲</xmlStr></w:receiveCase>',
      )
      for (const wrong of ['synthetic-toke', '', 'synthetic-token</accessToken><accessToken>synthetic-token'])
        assert.equal((await call(element(wrong))).status, 500)
      assert.equal((await call(envelope('<w:receiveCase/>', ''))).status, 500)
      assert.equal(received.length, 1)
    })
  })

  describe('describes itself', () => {
    it('to everybody at /soap?wsdl, and with its address at its own', async () => {
      const general = await fetch(`${address}/soap?wsdl`)
      assert.equal(general.status, 200)
      assert.match(await general.text(), /<wsdl:definitions name="HubMessages"/)
      const own = await (await fetch(`${address}${OWN}?WSDL`)).text()
      assert.ok(own.includes(`<soap:address location="${address}${OWN}"/>`))
    })

    it('by the partner’s own WSDL where there is one, with the address of the service in it', async () => {
      await listener.close()
      listener = await open({ ...LISTEN_CONFIG, wsdl: 'city.wsdl', wsdlFolder: WSDL_FOLDER })
      const text = await (await fetch(`${address}${OWN}?wsdl`)).text()
      assert.ok(text.startsWith('<?xml version="1.0" encoding="utf-8"?>\n<definitions name="City"'))
      assert.ok(text.includes(`location = "${address}${OWN}"/>`), text)
      assert.doesNotMatch(text, /10\.0\.0\.1/)
      const client = await createClientAsync(`${address}${OWN}?wsdl`, { disableCache: true })
      client.setSecurity(
        new WSSecurity('南阳市受理系统', PASSWORD, { passwordType: 'PasswordText', hasTimeStamp: false }),
      )
      const [result] = await client.receiveCaseAsync({ xmlStr: '<D>甲</D>' })
      assert.match(bodyOf(received[0]), /<xmlStr>&lt;D&gt;甲&lt;\/D&gt;<\/xmlStr>/)
      assert.match(JSON.stringify(result), /case\.submitted/)
    })

    it('refuses to show a WSDL that is not there, is none, or lies in several files', async () => {
      for (const [wsdl, words] of [
        ['missing.wsdl', /no file/],
        ['../bench.ts', /outside/],
        ['legacy-department.wsdl', /imports other files/],
      ] as const)
        await assert.rejects(
          open({ ...LISTEN_CONFIG, path: '/soap/other', wsdl, wsdlFolder: WSDL_FOLDER }),
          words,
        )
    })

    it('does not repeat a host that is none', async () => {
      const { text } = await post(`${address}${OWN}?wsdl`, '', {
        method: 'GET',
        headers: { host: 'a"><script>' },
      })
      assert.match(text, /location="http:\/\/localhost\/soap\/city-411300"/)
    })

    for (const [version, port] of [
      ['1.1', 'Soap11'],
      ['1.2', 'Soap12'],
    ] as const)
      it(`so that a client that is made from the description can call it, SOAP ${version}`, async () => {
        const client = await createClientAsync(`${address}${OWN}?wsdl`, {
          forceSoap12Headers: version === '1.2',
        })
        client.setSecurity(
          new WSSecurity('南阳市受理系统', PASSWORD, { passwordType: 'PasswordDigest', hasTimeStamp: false }),
        )
        const submitOf = client.HubMessages[port].submit as (
          input: object,
          done: (error: unknown, result: unknown) => void,
        ) => void
        const input = {
          idempotencyKey: 'K-1',
          document: { attributes: { contentType: 'application/json' }, $value: '{"a":"<测试甲>"}' },
        }
        const result = await new Promise((resolve, reject) =>
          submitOf(input, (error, answer) => (error ? reject(error) : resolve(answer))),
        )
        assert.equal(bodyOf(received[0]), '{"a":"<测试甲>"}')
        assert.deepEqual(result, {
          receipt: {
            caseNo: '41130020260930000017',
            messageId: 'm-K-1',
            type: 'case.submitted',
            sequence: 1,
            repeated: false,
            recordedAt: '2026-09-30T10:12:05+08:00',
            digest: 'sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
          },
        })
        decide = () => refused('SQRMC：缺少必填项')
        client.setSecurity(
          new WSSecurity('南阳市受理系统', PASSWORD, { passwordType: 'PasswordDigest', hasTimeStamp: false }),
        )
        await assert.rejects(
          new Promise((resolve, reject) =>
            submitOf(input, (error, answer) => (error ? reject(error) : resolve(answer))),
          ),
          /MESSAGE_NOT_VALID.*SQRMC：缺少必填项/,
        )
      })
  })
})
