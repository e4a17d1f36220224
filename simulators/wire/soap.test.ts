/** A department's service and its calls, against envelopes and a listener written by hand. */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Fault } from '../faults.ts'
import { Misread } from '../formats/letter.ts'
import type { PartnerFormat } from '../formats/partner-format.ts'
import { PASSWORD, PLAIN, type WireBench, wireBench } from '../testing/wire-bench.ts'
import { HubUnreachable } from './hub-client.ts'
import type { WireAnswer } from './server.ts'
import { openSoapCarrier, openSoapDoor } from './soap.ts'
import { faultOf, opened, sealed, textOf, usernameToken, wrongToken } from './soap-envelope.ts'

const format: PartnerFormat = {
  ...PLAIN,
  write: (letter) => Buffer.from(`<w:report xmlns:w="urn:w"><kind>${letter.type}</kind></w:report>`),
  decode: (body) => {
    const kind = textOf(body.toString('utf8'), 'kind')
    if (kind === undefined) throw new Misread('kind is missing')
    return { type: kind, case: 'c1' }
  },
  answer: (verdict) => ({
    status: 200,
    body: Buffer.from(`<w:caseResponse xmlns:w="urn:w"><return>${verdict}</return></w:caseResponse>`),
  }),
  soap: {
    readReply: (content) => {
      const words = textOf(content, 'return') ?? ''
      return { verdict: words === 'OK' ? 'taken' : 'refused', words }
    },
  },
}
const CALL = '<w:case xmlns:w="urn:w"><kind>case.submitted</kind></w:case>'
const TOKEN = { username: 'hub-41', password: PASSWORD }

describe('a simulated department that is called by SOAP', () => {
  const call = (
    bench: WireBench,
    envelope: string,
    headers: Readonly<Record<string, string>> = { 'x-hub-type': 'case.submitted', 'x-hub-case': 'c1' },
  ): WireAnswer | Promise<WireAnswer> | undefined => {
    const config = {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as the topology has it
      url: '${SIMULATORS_URL}/department',
      usernameToken: { username: TOKEN.username, secret: 'S' },
    }
    const { door } = openSoapDoor(bench.parts, { adapter: 'soap', config })
    assert.equal(door?.prefix, 'department')
    const body = Buffer.from(envelope)
    return door?.handler({ method: 'POST', path: '/department', query: '', headers, body })
  }
  const genuine = (bench: WireBench, content = CALL): string => {
    const token = usernameToken(TOKEN, Buffer.from('0123456789abcdef'), bench.parts.time.now())
    return sealed(content, `<m:messageId xmlns:m="urn:m">m1</m:messageId>${token}`)
  }
  const contentOf = async (answer: ReturnType<typeof call>): Promise<string> => {
    const found = await answer
    assert.ok(found?.kind === 'answer')
    return opened(String(found.body)).content
  }

  it('answers in an envelope, and does once what it is told twice', async () => {
    const bench = wireBench(format)
    assert.match(await contentOf(call(bench, genuine(bench))), /<return>taken</)
    assert.match(await contentOf(call(bench, genuine(bench))), /<return>duplicate</)
    assert.equal(bench.ledger.report().effects, 1)
  })

  it('does nothing for a caller who does not know the password, or says not what about', async () => {
    const bench = wireBench(format)
    assert.match(await contentOf(call(bench, sealed(CALL))), /Client.Authentication/)
    assert.match(await contentOf(call(bench, genuine(bench), {})), /x-hub-type/)
    assert.match(await contentOf(call(bench, 'no envelope')), /soap:Client</)
    assert.deepEqual([bench.heard.length, bench.troubles.length], [0, 3])
  })

  it('refuses in its own words what it cannot read', async () => {
    const bench = wireBench(format)
    assert.match(
      await contentOf(call(bench, genuine(bench, '<w:case xmlns:w="urn:w"/>'))),
      /<return>refused</,
    )
    assert.equal(bench.troubles.length, 1)
  })

  it('stumbles as it is told', async () => {
    const faults: Fault[] = [
      { kind: 'hang', times: 1 },
      { kind: 'lose-answer', times: 1 },
    ]
    const bench = wireBench(format, { faults })
    assert.deepEqual(await call(bench, genuine(bench)), { kind: 'silence' })
    assert.equal(bench.heard.length, 0)
    assert.deepEqual(await call(bench, genuine(bench)), { kind: 'cut' })
    assert.equal(bench.heard.length, 1)
  })
})

describe('a simulated department that calls by SOAP', () => {
  let server: Server
  let answers: { readonly status: number; readonly body: string }[]
  let calls: { readonly url: string | undefined; readonly envelope: string }[]

  beforeEach(async () => {
    answers = []
    calls = []
    server = createServer((request, response) => {
      text(request).then((envelope) => {
        calls.push({ url: request.url, envelope })
        const { status, body } = answers.shift() ?? { status: 500, body: '' }
        response.writeHead(status, { 'content-type': 'text/xml; charset=utf-8' }).end(body)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => {
    server.close()
    server.closeAllConnections()
  })

  const carry = (bench: WireBench) => {
    const config = { authentication: { scheme: 'username-token', username: 'department', secret: 'S' } }
    const { port } = server.address() as AddressInfo
    const parts = { ...bench.parts, hubAddress: () => `http://127.0.0.1:${port}` }
    return bench.carry(openSoapCarrier(parts, { adapter: 'soap', config }).carrier)
  }
  const answered = (content: string, status = 200): void =>
    void answers.push({ status, body: sealed(content) })

  it('proves who it is, and has the hub’s word once the hub shows the letter', async () => {
    const bench = wireBench(format)
    bench.shows('BM1-1')
    answered('<w:reportResponse xmlns:w="urn:w"><return>OK</return></w:reportResponse>')
    const { status, body } = await carry(bench)
    assert.equal(status, 202)
    assert.deepEqual(JSON.parse(String(body)), { messageId: 'm-BM1-1', caseNo: 'c1', sequence: 2 })
    const [made] = calls
    assert.equal(made?.url, '/soap/department')
    const { header, content } = opened(made?.envelope ?? '')
    const token = { username: 'department', password: PASSWORD }
    assert.equal(wrongToken(header, token, bench.parts.time.now()), undefined)
    assert.equal(content, '<w:report xmlns:w="urn:w"><kind>case.received</kind></w:report>')
  })

  it('takes a refusal and a Fault of its own side as the hub’s no', async () => {
    const bench = wireBench(format)
    answered('<w:reportResponse xmlns:w="urn:w"><return>办件已办结</return></w:reportResponse>')
    const refusal = await carry(bench)
    assert.deepEqual([refusal.status, /办件已办结/.test(String(refusal.body))], [422, true])
    answered(faultOf({ code: 'Client', words: '报文内容有误' }), 500)
    const fault = await carry(bench)
    assert.deepEqual([fault.status, /报文内容有误/.test(String(fault.body))], [422, true])
  })

  it('takes a Fault of the hub’s side, and what is no envelope, for no word at all', async () => {
    const bench = wireBench(format)
    answered(faultOf({ code: 'Server', words: '稍后再试' }), 500)
    await assert.rejects(carry(bench), HubUnreachable)
    answers.push({ status: 502, body: '<html>Bad gateway</html>' })
    await assert.rejects(carry(bench), HubUnreachable)
  })
})
