/** P2 of the partners' payloads, over HTTP: SOAP with XML in a string, a reply that says no under HTTP 200, reports the same way back. */
import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { submission } from '../testing/gateway-documents.ts'
import { openHub, type RunningHub } from '../testing/running-hub.ts'

const TASK = '1141000000518101522410114001000'
const CITY = 'city-411300'
const DEPARTMENT = 'human-resources'
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss'

/** How the department's service answers one call. */
type Behaviour = 'takes' | 'refuses' | 'busy' | 'takes, and the answer is lost'

/** The department's service and the city's, as bare HTTP; what the department did with what it took is its effect. */
class Counterparts {
  readonly calls: string[] = []
  /** Case numbers by the message that brought them, as the department wrote them into its own tables. */
  readonly effect = new Map<string, string>()
  readonly told: { readonly path: string; readonly body: Record<string, unknown> }[] = []
  readonly behaviour: Behaviour[] = []
  #server: Server | undefined

  async open(): Promise<string> {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
      const [, system, ...path] = (request.url ?? '').split('/')
      if (system !== DEPARTMENT) {
        this.told.push({ path: `/${path.join('/')}`, body: JSON.parse(text).body })
        response.end(JSON.stringify({ code: 200, message: 'ok', head: { code: '200', message: 'ok' } }))
        return
      }
      const result = this.#called(text)
      if (result === undefined) request.socket.destroy()
      else response.setHeader('content-type', 'text/xml; charset=utf-8').end(result)
    })
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #called(text: string): string | undefined {
    this.calls.push(text)
    const behaviour = this.behaviour.shift() ?? 'takes'
    if (behaviour === 'busy') return reply('系统繁忙，请稍后再试')
    if (behaviour === 'refuses') return reply(result('300', '身份证号码校验失败'))
    const inner = innerOf(text)
    const message = one(inner, 'BWLSH')
    const known = this.effect.has(message)
    this.effect.set(message, one(inner, 'SBLSH'))
    if (behaviour === 'takes, and the answer is lost') return undefined
    const [status, words] = known ? ['201', '重复报送'] : ['200', '请求成功']
    return reply(result(status, words, `<DATA><YWLSH>RS-${one(inner, 'SBLSH')}</YWLSH></DATA>`))
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((resolve) => this.#server?.close(resolve))
  }
}

function result(status: string, words: string, data = ''): string {
  return `<?xml version="1.0" encoding="GBK"?><RESULT><STATUS>${status}</STATUS><DESC>${words}</DESC><TIME>20260930101207</TIME>${data}</RESULT>`
}

function reply(text: string): string {
  return `<S:Envelope xmlns:S="${SOAP}"><S:Body><ns2:receiveCaseResponse xmlns:ns2="http://ws.demo.gov/"><return><![CDATA[${text}]]></return></ns2:receiveCaseResponse></S:Body></S:Envelope>`
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}

function one(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? assert.fail(`no ${name} in ${xml}`)
}

function innerOf(envelope: string): string {
  return unescaped(one(envelope, 'xmlStr'))
}

describe('a department that speaks SOAP with XML in a string', function () {
  this.timeout(60_000)

  let partners: Counterparts
  let hub: RunningHub

  before(async function () {
    // A hub runs the cases of every package before it starts.
    this.timeout(180_000)
    partners = new Counterparts()
    hub = await openHub({ partnersUrl: await partners.open() })
  })

  after(async () => {
    await hub?.stop()
    await partners?.close()
  })

  async function submit(body: Record<string, unknown> = {}): Promise<string> {
    const names = ['人力资源服务许可申请表', '章程和管理制度', '专职工作人员资格证明']
    const document = submission({
      requestNo: randomUUID(),
      jurisdiction: '410526',
      body: {
        taskCode: TASK,
        taskHandleItem: `${TASK}01`,
        taskName: '人力资源服务许可',
        materials: names.map((materialName) => ({ materialName, getType: '2', getNum: '1' })),
        ...body,
      },
    })
    const { status, body: answer } = await hub.ask(CITY, 'POST', '/v1/cases', { body: document })
    assert.equal(status, 201, JSON.stringify(answer))
    return answer.caseNo
  }

  async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
    for (;;) {
      const found = await look()
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }

  /** The delivery of the application to the department, in the state that is waited for. */
  function delivery(caseNo: string, state: string) {
    return until(async () => {
      const query = `destination=${DEPARTMENT}&caseNo=${caseNo}`
      const { body } = await hub.ask('duty-operator', 'GET', `/v1/ops/deliveries?${query}`)
      const [found] = body.deliveries
      if (found?.state !== state) return undefined
      return (await hub.ask('duty-operator', 'GET', `/v1/ops/deliveries/${found.id}`)).body
    })
  }

  /** The department's own number, as it reads it at the hub. */
  async function reference(caseNo: string): Promise<string | undefined> {
    const { body } = await hub.ask(DEPARTMENT, 'GET', `/v1/cases/${caseNo}/messages`)
    return body.messages[0].deliveries.find(
      ({ destination }: { destination: string }) => destination === DEPARTMENT,
    ).reference
  }

  const effectOn = (caseNo: string): number =>
    [...partners.effect.values()].filter((value) => value === caseNo).length
  const callsOf = (caseNo: string): string[] => partners.calls.filter((text) => text.includes(caseNo))

  function token(password = `secret HUMAN_RESOURCES_SOAP_PASSWORD for tests only`): string {
    const nonce = randomBytes(16)
    const created = new Date().toISOString()
    const digest = createHash('sha1').update(nonce).update(created).update(password).digest('base64')
    return `<s:Security xmlns:s="${WSS}-wssecurity-secext-1.0.xsd"><s:UsernameToken><s:Username>human-resources</s:Username><s:Password Type="${WSS}-username-token-profile-1.0#PasswordDigest">${digest}</s:Password><s:Nonce>${nonce.toString('base64')}</s:Nonce><u:Created xmlns:u="${WSS}-wssecurity-utility-1.0.xsd">${created}</u:Created></s:UsernameToken></s:Security>`
  }

  async function report(root: string, content: string, header = token()) {
    const inner = `<?xml version="1.0" encoding="GBK"?>\n<${root}>${content}</${root}>`
    const response = await fetch(`${hub.address}/soap/human-resources`, {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: '""' },
      body: `<e:Envelope xmlns:e="${SOAP}"><e:Header>${header}</e:Header><e:Body><w:reportProcess xmlns:w="http://ws.demo.gov/"><xmlStr><![CDATA[${inner}]]></xmlStr></w:reportProcess></e:Body></e:Envelope>`,
    })
    return { status: response.status, text: await response.text() }
  }

  function accepted(caseNo: string, at = '20261008090000'): string {
    return `<BWLSH>${caseNo}-2</BWLSH><BBH>1</BBH><SBLSH>${caseNo}</SBLSH><YWLSH>RS-${caseNo}</YWLSH><JGDM>114100000051810152</JGDM><JGMC>河南省人力资源和社会保障厅</JGMC><SLSJ>${at}</SLSJ><SLHZH>RS-SL-1</SLHZH><CNBJRQ>20261022</CNBJRQ><BLRGH>RS0001</BLRGH><BLRXM>李测试</BLRXM><BZ/>`
  }

  it('takes the application in its own words, and its number becomes the delivery’s reference', async () => {
    const caseNo = await submit()
    await delivery(caseNo, 'delivered')
    assert.equal(await reference(caseNo), `RS-${caseNo}`)
    const [call = ''] = callsOf(caseNo)
    assert.equal(one(call, 'accessToken'), 'secret HUMAN_RESOURCES_HUB_TOKEN for tests only')
    assert.match(call, /<op:receiveCase xmlns:op="http:\/\/ws\.demo\.gov\/">/)
    assert.match(call, /<xmlStr>&lt;\?xml version="1\.0" encoding="GBK"\?&gt;/)
    const inner = innerOf(call)
    assert.deepEqual(
      ['SXBM', 'SQRMC', 'SQRZJLX', 'XZQHDM', 'SBSJ'].map((name) => one(inner, name)),
      ['HN-RS-0017', '测试甲', '10', '410526000000', '20260930101205'],
    )
    assert.match(one(inner, 'SBCLQD'), /^\[电子\]人力资源服务许可申请表;\[电子\]章程和管理制度;/)
    assert.match(unescaped(one(inner, 'XML_DATA')), /^<form><CL>.*<\/form>$/)
    assert.equal(effectOn(caseNo), 1)
  })

  it('says no under HTTP 200: a dead letter with its words, and nothing done there', async () => {
    partners.behaviour.push('refuses')
    const caseNo = await submit()
    const dead = await delivery(caseNo, 'dead')
    assert.match(JSON.stringify(dead), /身份证号码校验失败/)
    assert.equal(effectOn(caseNo), 0)
    assert.equal(callsOf(caseNo).length, 1)
  })

  it('is busy in words that are no XML, loses an answer, and has the case once all the same', async () => {
    partners.behaviour.push('busy', 'takes, and the answer is lost')
    const caseNo = await submit()
    await delivery(caseNo, 'delivered')
    assert.equal(await reference(caseNo), `RS-${caseNo}`)
    assert.equal(effectOn(caseNo), 1)
    const calls = callsOf(caseNo)
    assert.equal(calls.length, 3)
    assert.equal(new Set(calls.map((call) => one(innerOf(call), 'BWLSH'))).size, 1)
  })

  it('never gets a name that GBK cannot hold: the message stops and says which character', async () => {
    const caseNo = await submit({ applyerName: '测试𠮷' })
    const dead = await delivery(caseNo, 'dead')
    assert.equal(dead.reason.code, 'DELIVERY_UNMAPPABLE')
    assert.match(dead.reason.words, /^receiveCase\.xmlStr declares GBK: gbk has no 𠮷 \(U\+20BB7\)/)
    assert.deepEqual(callsOf(caseNo), [])
  })

  it('reports in the same way, and is answered in its own words whatever comes of it', async () => {
    const caseNo = await submit()
    await delivery(caseNo, 'delivered')
    const first = await report('SLINFO', accepted(caseNo))
    assert.equal(first.status, 200, first.text)
    const answer = unescaped(one(first.text, 'return'))
    assert.deepEqual([one(answer, 'STATUS'), one(answer, 'SBLSH')], ['200', caseNo])
    const told = await until(() => partners.told.find(({ body }) => body.unifiedNo === caseNo))
    assert.deepEqual([told.path, told.body.acceptDate], ['/case/accept', '2026-10-08 09:00:00'])

    const again = await report('SLINFO', accepted(caseNo))
    assert.equal(one(unescaped(one(again.text, 'return')), 'STATUS'), '201')
    assert.equal(partners.told.filter(({ body }) => body.unifiedNo === caseNo).length, 1)
  })

  it('is told what is wrong with a report in its own field names, and a stranger nothing', async () => {
    const caseNo = await submit()
    await delivery(caseNo, 'delivered')
    const wrong = unescaped(one((await report('SLINFO', accepted(caseNo, '20260230090000'))).text, 'return'))
    assert.equal(one(wrong, 'STATUS'), '300')
    assert.match(one(wrong, 'DESC'), /reportProcess\.xmlStr\.SLINFO\.SLSJ/)
    const stranger = await report('SLINFO', accepted(caseNo), token('guessed'))
    assert.equal(stranger.status, 500)
    assert.match(stranger.text, /AUTH_FAILED/)
  })
})
