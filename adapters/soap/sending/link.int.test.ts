import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Link, LinkServices } from '../../../hub/contract/adapter.ts'
import { ConfigError, Rejected, RetryLater } from '../../../hub/contract/errors.ts'
import { anOutbound, linkServices } from '../../conformance.ts'
import { answerOf, bench, readAnswer, receiveCase, SoapReceiver, WSDL_FOLDER } from '../bench.ts'
import { type SoapConfig, soap } from '../soap.ts'

const never = new AbortController().signal
const PASSWORD = 'synthetic <&> 密码'
const P2_INNER = `<?xml version="1.0" encoding="GBK"?>
<APPROVEDATAINFO><SBLSH>41130020260930000017</SBLSH><SQRMC>测试甲</SQRMC><SQRZJHM>410101190001010015</SQRZJHM>
<XML_DATA>&lt;form&gt;…&lt;/form&gt;</XML_DATA></APPROVEDATAINFO>`

function outbound(text: string, change: Parameters<typeof anOutbound>[0] = {}) {
  return anOutbound({
    contentType: 'application/xml; charset=utf-8',
    body: new TextEncoder().encode(text),
    ...change,
  })
}

describe('soap link', () => {
  let receiver: SoapReceiver

  beforeEach(async () => {
    receiver = await new SoapReceiver(() => 0).listen()
  })

  afterEach(async () => {
    await receiver.quiet()
    await receiver.stop()
  })

  async function withLink<Result>(
    change: Partial<SoapConfig>,
    use: (link: Link) => Promise<Result>,
    services: LinkServices = linkServices(readAnswer, bench.secrets),
  ): Promise<Result> {
    const link = await soap.open({ ...receiver.config, ...change }, services)
    try {
      return await use(link)
    } finally {
      await link.close()
    }
  }

  it('sends a document in a string untouched, whatever it declares, in an envelope in UTF-8', async () => {
    const element = receiveCase(`<![CDATA[${P2_INNER}]]>`)
    await withLink({}, (link) => link.deliver(outbound(element), never))
    const [envelope = ''] = receiver.envelopes
    assert.match(envelope, /^<\?xml version="1.0" encoding="utf-8"\?><soap:Envelope /)
    assert.ok(envelope.includes(element))
    assert.equal(receiver.headers[0]?.['content-type'], 'text/xml; charset=utf-8')
    assert.equal(receiver.headers[0]?.soapaction, '"http://ws.demo.gov/receiveCase"')
  })

  it('reads what a format writes in GBK, and drops its declaration', async () => {
    const start = Buffer.from(
      '<?xml version="1.0" encoding="GBK"?>\r\n<w:receiveCase xmlns:w="http://ws.demo.gov/"><xmlStr>',
    )
    const body = Buffer.concat([
      start,
      Buffer.from([0xb2, 0xe2, 0xca, 0xd4]),
      Buffer.from('</xmlStr></w:receiveCase>'),
    ])
    await withLink({}, (link) =>
      link.deliver(outbound('', { body, contentType: 'text/xml; charset=GBK' }), never),
    )
    assert.equal(
      Buffer.from(receiver.arrivals[0]?.body ?? []).toString(),
      '<w:receiveCase xmlns:w="http://ws.demo.gov/"><xmlStr>测试</xmlStr></w:receiveCase>',
    )
  })

  it('reads a reply that is XML in a string again', async () => {
    const receipt = await withLink({}, (link) => link.deliver(outbound(receiveCase('x')), never))
    assert.equal(receipt.reference, `R-${anOutbound().messageId}`)
    assert.match(Buffer.from(receipt.answer ?? []).toString(), /^<\?xml version='1.0'.*&lt;RESULT&gt;/s)
  })

  it('sends a digest of nonce, time and password, new for each attempt, and no password', async () => {
    await withLink({}, async (link) => {
      await link.deliver(outbound(receiveCase('x')), never)
      await link.deliver(outbound(receiveCase('x')), never)
    })
    const tokens = receiver.envelopes.map((envelope) => {
      const part = (name: string): string =>
        new RegExp(`:${name}(?: [^>]*)?>([^<]*)<`).exec(envelope)?.[1] ?? ''
      assert.equal(part('Username'), '河南枢纽')
      assert.match(envelope, /Type="[^"]*#PasswordDigest"/)
      assert.ok(!envelope.includes('synthetic'))
      const expected = createHash('sha1')
        .update(
          Buffer.concat([Buffer.from(part('Nonce'), 'base64'), Buffer.from(part('Created') + PASSWORD)]),
        )
        .digest('base64')
      assert.equal(part('Password'), expected)
      return part('Nonce')
    })
    assert.notEqual(tokens[0], tokens[1])
  })

  it('sends the password itself where that is asked for, and it is text', async () => {
    await withLink(
      { usernameToken: { username: 'u', secret: 'PARTNER_PASSWORD', password: 'text' } },
      (link) => link.deliver(outbound(receiveCase('x')), never),
    )
    assert.match(receiver.envelopes[0] ?? '', /#PasswordText">synthetic &lt;&amp;&gt; 密码</)
  })

  it('puts a token into the child that the format wrote empty, and into no other document', async () => {
    const elementToken = { element: 'accessToken', secret: 'PARTNER_PASSWORD' }
    for (const empty of ['<accessToken/>', '<accessToken></accessToken>'])
      await withLink({ elementToken }, (link) =>
        link.deliver(outbound(`<receiveCase>${empty}<xmlStr>甲</xmlStr></receiveCase>`), never),
      )
    for (const { body } of receiver.arrivals)
      assert.match(
        Buffer.from(body).toString(),
        /<accessToken>synthetic &lt;&amp;(&gt;|>) 密码<\/accessToken><xmlStr>甲</,
      )
    assert.equal(receiver.arrivals.length, 2)
    for (const text of ['', '<accessToken>DEMO</accessToken>', '<accessToken/><accessToken/>'])
      await assert.rejects(
        withLink({ elementToken }, (link) =>
          link.deliver(outbound(`<receiveCase>${text}<xmlStr>甲</xmlStr></receiveCase>`), never),
        ),
        (error) => error instanceof Rejected && error.kind === 'contract',
      )
    assert.equal(receiver.arrivals.length, 2)
  })

  it('says how long a message holds where that is asked for', async () => {
    const usernameToken = { username: 'u', secret: 'PARTNER_PASSWORD', timestamp: true } as const
    await withLink({ usernameToken }, (link) => link.deliver(outbound(receiveCase('x')), never))
    const [, created = '', expires = ''] =
      /<wsu:Timestamp><wsu:Created>([^<]*)<\/wsu:Created><wsu:Expires>([^<]*)</.exec(
        receiver.envelopes[0] ?? '',
      ) ?? []
    assert.equal(Date.parse(expires) - Date.parse(created), 300_000)
  })

  it('calls services of style rpc: the element is named as the operation, and the format writes what is in it', async () => {
    const { operation: _, ...config } = receiver.config
    const link = await soap.open(
      { ...config, wsdl: 'rpc-service.wsdl' },
      linkServices(readAnswer, bench.secrets),
    )
    await link.deliver(outbound('<save><xmlStr>甲</xmlStr></save>'), never)
    await link.close()
    assert.equal(
      Buffer.from(receiver.arrivals[0]?.body ?? []).toString(),
      '<op:save xmlns:op="http://rpc.demo.gov"><xmlStr>甲</xmlStr></op:save>',
    )
  })

  it('speaks SOAP 1.2 with the action in the media type', async () => {
    await withLink({ soapVersion: '1.2' }, (link) => link.deliver(outbound(receiveCase('x')), never))
    assert.match(receiver.envelopes[0] ?? '', /xmlns:soap="http:\/\/www.w3.org\/2003\/05\/soap-envelope"/)
    assert.equal(
      receiver.headers[0]?.['content-type'],
      'application/soap+xml; charset=utf-8; action="http://ws.demo.gov/receiveCase"',
    )
    assert.equal(receiver.headers[0]?.soapaction, undefined)
  })

  it('two links to one WSDL keep their versions apart', async () => {
    await withLink({ soapVersion: '1.2' }, (newer) =>
      withLink({}, async (older) => {
        await newer.deliver(outbound(receiveCase('x')), never)
        await older.deliver(outbound(receiveCase('x')), never)
      }),
    )
    assert.match(String(receiver.headers[0]?.['content-type']), /soap\+xml/)
    assert.match(String(receiver.headers[1]?.['content-type']), /text\/xml/)
  })

  it('sends the message id as headers, and as MessageID where addressing is on', async () => {
    const { messageId } = anOutbound()
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    await withLink({ addressing: true, headers: { 'x-app-id': 'henan-hub' } }, (link) =>
      link.deliver(outbound(receiveCase('x'), { traceparent, caseNo: '豫2026 0001%' }), never),
    )
    const headers = receiver.headers[0] ?? {}
    assert.deepEqual(
      [headers['idempotency-key'], headers['x-hub-message-id'], headers['x-hub-case'], headers['x-hub-type']],
      [messageId, messageId, '%E8%B1%AB2026%200001%25', 'case.submitted'],
    )
    assert.deepEqual([headers.traceparent, headers['x-app-id']], [traceparent, 'henan-hub'])
    const [envelope = ''] = receiver.envelopes
    assert.ok(envelope.includes(`>urn:uuid:${messageId}</wsa:MessageID>`))
    assert.ok(envelope.includes('>http://ws.demo.gov/receiveCase</wsa:Action>'))
    assert.ok(envelope.includes(`>${receiver.config.url}</wsa:To>`))
  })

  it('calls the operation of the hint before that of the option, with an action of its own where the WSDL names none', async () => {
    const notice = '<w:notify xmlns:w="http://ws.demo.gov/"><caseNo>410101190001010015</caseNo></w:notify>'
    await withLink({ addressing: true }, (link) =>
      link.deliver(outbound(notice, { hints: { operation: 'notify' } }), never),
    )
    assert.match(receiver.envelopes[0] ?? '', /<caseNo>410101190001010015<\/caseNo>/)
    assert.equal(receiver.headers[0]?.soapaction, '""')
    assert.ok(receiver.envelopes[0]?.includes('>http://ws.demo.gov/notify</wsa:Action>'))
  })

  const refusals: readonly (readonly [
    title: string,
    text: string,
    hints: Record<string, string>,
    words: RegExp,
  ])[] = [
    ['what is no XML', '{"a":1}', {}, /not XML/],
    ['a DOCTYPE', `<!DOCTYPE x>${receiveCase('x')}`, {}, /DOCTYPE/],
    [
      'another element than the operation takes',
      '<receiveCases/>',
      {},
      /takes \{http:\/\/ws.demo.gov\/\}receiveCase/,
    ],
    [
      'an operation that the WSDL has not',
      receiveCase('x'),
      { operation: 'cancel' },
      /has receiveCase, notify/,
    ],
    [
      'an operation with a name of the Object prototype',
      receiveCase('x'),
      { operation: 'constructor' },
      /no operation/,
    ],
  ]
  for (const [title, text, hints, words] of refusals) {
    it(`refuses ${title} before anything is sent`, async () => {
      await withLink({}, (link) =>
        assert.rejects(
          link.deliver(outbound(text, { hints }), never),
          (error) => error instanceof Rejected && error.kind === 'contract' && words.test(error.message),
        ),
      )
      assert.equal(receiver.arrivals.length, 0)
    })
  }

  it('needs to be told the operation where there are several', async () => {
    const { operation: _, ...config } = receiver.config
    const link = await soap.open(config, linkServices(readAnswer, bench.secrets))
    await assert.rejects(link.deliver(outbound(receiveCase('x')), never), /hint operation/)
    await link.close()
  })

  it('keeps digits and never parses what is in a text, however the answer tries', async () => {
    const inner = `<?xml version="1.0"?>${'<a>'.repeat(500)}`
    const server = http.createServer((request, response) => {
      request.resume().on('end', () => {
        response.setHeader('content-type', 'text/xml')
        response.end(
          `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><r><x><![CDATA[${inner}]]></x><YWLSH>410101190001010015</YWLSH><STATUS>200</STATUS></r></e:Body></e:Envelope>`,
        )
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const receipt = await withLink({ url: `http://127.0.0.1:${port}/` }, (link) =>
      link.deliver(outbound(receiveCase('x')), never),
    )
    assert.equal(receipt.reference, '410101190001010015')
    server.closeAllConnections()
    server.close()
  })

  it('probes by GET of the description', async () => {
    const seen: unknown[] = []
    let status = 200
    const server = http.createServer(({ method, url, headers }, response) => {
      seen.push([method, url, headers['idempotency-key']])
      response.writeHead(status).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await withLink({ url: `http://127.0.0.1:${port}/CaseService` }, async (link) => {
      await link.probe(never)
      assert.ok(Math.abs(((await link.partnerClock?.(never)) ?? 0) - Date.now()) < 60_000)
      status = 401
      await assert.rejects(
        link.probe(never),
        (error) => error instanceof Rejected && error.kind === 'credential',
      )
      status = 404
      await assert.rejects(
        link.probe(never),
        (error) => error instanceof Rejected && error.kind === 'contract',
      )
      status = 503
      await assert.rejects(link.probe(never), RetryLater)
    })
    await withLink(
      { url: `http://127.0.0.1:${port}/`, probeUrl: `http://127.0.0.1:${port}/health` },
      async (link) => {
        status = 200
        await link.probe(never)
      },
    )
    assert.deepEqual(seen[0], ['GET', '/CaseService?wsdl', undefined])
    assert.deepEqual(seen.at(-1), ['GET', '/health', undefined])
    server.closeAllConnections()
    server.close()
  })

  describe('when it is opened', () => {
    let folder: string

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'wsdl-'))
      await cp(WSDL_FOLDER, folder, { recursive: true })
    })

    afterEach(() => rm(folder, { recursive: true }))

    function refusedAt(path: string, words: RegExp, change: Partial<SoapConfig>): Promise<void> {
      return assert.rejects(
        soap.open(
          { ...receiver.config, wsdlFolder: folder, ...change },
          linkServices(readAnswer, bench.secrets),
        ),
        (error) => {
          assert.ok(error instanceof ConfigError, String(error))
          assert.equal(error.faults[0]?.path, path)
          assert.match(error.message, words)
          return true
        },
      )
    }

    function wsdlImporting(location: string): Promise<void> {
      return writeFile(
        join(folder, 'odd.wsdl'),
        `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:t"><types><schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t"><import namespace="urn:o" schemaLocation="${location}"/></schema></types></definitions>`,
      )
    }

    it('fetches no import over the network, and goes to no address in the WSDL', async () => {
      let asked = 0
      const server = http.createServer((_request, response) => {
        asked++
        response.end('<schema/>')
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as { port: number }
      await wsdlImporting(`http://127.0.0.1:${port}/types.xsd`)
      await refusedAt('/wsdl', /outside the folder/, { wsdl: 'odd.wsdl' })
      assert.equal(asked, 0)
      server.closeAllConnections()
      server.close()
    })

    for (const location of [
      '../../etc/passwd',
      '/etc/passwd',
      'file:///etc/passwd',
      'HTTPS://types.example/x.xsd',
      '//types.example/x.xsd',
    ])
      it(`reads no import of ${location}`, async () => {
        await wsdlImporting(location)
        await refusedAt('/wsdl', /outside the folder|there is no file/, { wsdl: 'odd.wsdl' })
      })

    it('follows no link out of the folder', async () => {
      await symlink('/etc/hostname', join(folder, 'linked.wsdl'))
      await refusedAt('/wsdl', /outside/, { wsdl: 'linked.wsdl' })
      await wsdlImporting('linked.wsdl')
      await refusedAt('/wsdl', /outside/, { wsdl: 'odd.wsdl' })
    })

    it('tells a WSDL that is missing, that is none, and one that describes nothing', async () => {
      await refusedAt('/wsdl', /no file/, { wsdl: 'missing.wsdl' })
      await writeFile(join(folder, 'none.wsdl'), 'hello')
      await refusedAt('/wsdl', /cannot be read/, { wsdl: 'none.wsdl' })
      await writeFile(join(folder, 'empty.wsdl'), '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>')
      await refusedAt('/wsdl', /no port/, { wsdl: 'empty.wsdl' })
      await refusedAt('/wsdl', /no port Other; it has CasePort/, { port: 'Other' })
      await refusedAt('/operation', /receiveCase, notify/, { operation: 'other' })
    })

    it('refuses hosts outside allowHosts, and ranges that are none', async () => {
      await refusedAt('/allowHosts', /not in allowHosts/, { allowHosts: ['other.example:443'] })
      await refusedAt('/allowHosts', /probeUrl/, { probeUrl: 'http://other.example/' })
      await refusedAt('/allowAddresses', /range/, { allowAddresses: ['10.0.0.0/99'] })
    })
  })

  it('answers of the bench read as they should', () => {
    const body = new TextEncoder().encode(answerOf('409'))
    assert.equal(readAnswer({ status: 200, body }).verdict, 'duplicate')
  })
})
