/** P3 of the partners' payloads, over a real broker: thin notices, at least once, in any order. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib'
import { BROKER_URL, needsBroker } from '../../adapters/amqp/bench.ts'
import { BrokerProxy } from '../../adapters/amqp/broker-proxy.ts'
import { parkedQueue } from '../../adapters/amqp/consumer.ts'
import { submission } from '../testing/gateway-documents.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const TASK = '1141000000518004742410118001000'
const CITY = 'city-411300'
const SHIPPED = new URL('../../topology', import.meta.url).pathname

/** The authority's records, read over HTTP when a notice is followed. */
class Records {
  readonly #records = new Map<string, object>()
  #server: Server | undefined

  async open(): Promise<string> {
    this.#server = createServer((request, response) => {
      const record = this.#records.get((request.url ?? '').replace(/^\/transport/, ''))
      response.writeHead(record === undefined ? 404 : 200).end(JSON.stringify(record ?? {}))
    })
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  put(path: string, record: object): void {
    this.#records.set(path, record)
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((resolve) => this.#server?.close(resolve))
  }
}

const CLERK = { blrgh: 'JT0001', blrxm: '李测试' }
const SECTIONS = {
  SJ: ['sj', { sjsj: '2026-10-08 09:00:00', ...CLERK }],
  SL: ['sl', { slsj: '2026-10-09 16:40:11', slhzh: 'JT-SL-1', cnbjrq: '2026-10-23', ...CLERK }],
  SP: ['sp', { spsj: '2026-10-20 09:00:00', spjg: '1', spyj: '同意', ...CLERK }],
  BJ: ['bj', { bjsj: '2026-10-20 10:00:00', bjjg: '1', bjsm: '准予许可', ...CLERK }],
} as const
type Kind = keyof typeof SECTIONS

describe('a department that sends thin notices', function () {
  this.timeout(40_000)
  before(needsBroker)

  let partners: Partners
  let records: Records
  let proxy: BrokerProxy
  let hub: RunningHub
  let model: Awaited<ReturnType<typeof connect>>
  let channel: ConfirmChannel
  let names: { readonly exchange: string; readonly queue: string; readonly own: string }
  let published: ConsumeMessage[]
  let parked: ConsumeMessage[]
  let topology: string

  beforeEach(async () => {
    const run = `.test-${randomUUID().slice(0, 8)}`
    names = {
      exchange: `hub.case${run}`,
      queue: `hub.inbound.transport${run}`,
      own: `transport.own${run}`,
    }
    published = []
    parked = []
    partners = await openPartners()
    records = new Records()
    proxy = await new BrokerProxy(BROKER_URL).open()
    model = await connect(BROKER_URL)
    channel = await model.createConfirmChannel()
    await channel.assertExchange(names.exchange, 'topic', { durable: true })
    await channel.assertQueue(names.own, { durable: true })
    await channel.bindQueue(names.own, names.exchange, 'case.#')
    await read(names.own, published)
    topology = topologyWith(await records.open())
    hub = await openHub({
      partnersUrl: partners.url,
      environment: {
        HUB_AMQP_URL: proxy.url,
        SIMULATORS_SCOPE: run,
        HUB_TOPOLOGY_DIR: topology,
      },
    })
    await untilOpen()
    await channel.assertQueue(parkedQueue(names.queue), {
      durable: true,
      arguments: { 'x-queue-type': 'quorum' },
    })
    await read(parkedQueue(names.queue), parked)
  })

  afterEach(async () => {
    await hub.stop()
    await proxy.shut().catch(() => {})
    for (const queue of [
      names.own,
      names.queue,
      parkedQueue(names.queue),
      `${names.queue}.later.5000`,
      `${names.queue}.later.200`,
    ])
      await channel.deleteQueue(queue).catch(() => {})
    await channel.deleteExchange(names.exchange)
    await model.close()
    await records.close()
    await partners.stop()
    rmSync(topology, { recursive: true })
  })

  /** The shipped topology, with the authority's records at an address of their own. */
  function topologyWith(address: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'hub-notices-'))
    cpSync(SHIPPED, folder, { recursive: true })
    const file = join(folder, 'systems', 'transport.amqp.yaml')
    const text = readFileSync(file, 'utf8')
    const moved = text.replace(/url: \$\{SIMULATORS_URL[^}]*\}\/transport/, `url: ${address}/transport`)
    assert.notEqual(moved, text)
    writeFileSync(file, moved)
    return folder
  }

  async function read(queue: string, into: ConsumeMessage[]): Promise<void> {
    await channel.consume(queue, (message) => {
      if (message === null) return
      into.push(message)
      channel.ack(message)
    })
  }

  async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 25))
  }

  async function listenerState(): Promise<string> {
    const { body } = await hub.ask('duty-operator', 'GET', '/v1/ops/listeners?system=transport')
    return body.listeners[0].state
  }

  async function untilOpen(): Promise<void> {
    await until(async () => (await listenerState()) === 'open')
  }

  async function submit(): Promise<string> {
    const document = submission({
      requestNo: randomUUID(),
      jurisdiction: '410526',
      body: {
        taskCode: TASK,
        taskHandleItem: `${TASK}01`,
        taskName: '道路旅客运输经营许可',
        materials: ['道路旅客运输经营申请表', '企业章程文本', '投资人、负责人身份证明'].map(
          (materialName) => ({
            materialName,
            getType: '3',
            getNum: '1',
          }),
        ),
      },
    })
    const { status, body } = await hub.ask(CITY, 'POST', '/v1/cases', { body: document })
    assert.equal(status, 201, JSON.stringify(body))
    return body.caseNo
  }

  /** What is read at the address of a notice may already hold more than the notice is about. */
  function record(caseNo: string, kind: Kind, ...more: Kind[]): string {
    const path = `/case/JT-${caseNo}/${kind.toLowerCase()}`
    const sections = [kind, ...more].map((each) => SECTIONS[each])
    records.put(path, {
      ywlsh: `JT-${caseNo}`,
      zt: more.at(-1) ?? kind,
      jgdm: '114100000051800474',
      jgmc: '河南省交通运输厅',
      ...Object.fromEntries(sections),
    })
    return path
  }

  async function notify(caseNo: string, kind: Kind, seq: number, fetch: string): Promise<void> {
    const notice = {
      msgId: `${caseNo}-${seq}`,
      caseRef: { sblsh: caseNo, ywlsh: `JT-${caseNo}` },
      seq,
      dataVersion: 1,
      type: kind,
      fetch,
    }
    channel.publish(names.exchange, `notice.410526.${kind}`, Buffer.from(JSON.stringify(notice)), {
      persistent: true,
      messageId: notice.msgId,
      contentType: 'application/json',
    })
    await channel.waitForConfirms()
  }

  const told = (caseNo: string): string[] =>
    partners.arrivals
      .filter(({ system, document }) => system === CITY && document.body?.unifiedNo === caseNo)
      .map(({ path }) => path)

  it('gets the application whole, with the routing key of the region', async () => {
    const caseNo = await submit()
    await until(() => published.length === 1)
    const [{ fields, properties, content } = assert.fail('nothing published')] = published
    assert.equal(fields.routingKey, 'case.410526.apply')
    const document = JSON.parse(content.toString())
    assert.equal(document.caseRef.sblsh, caseNo)
    assert.equal(document.sqr.zjhm, '410101190001010015')
    assert.equal(properties.messageId, document.msgId)
  })

  it('is heard once and in order, though its notices come out of order, twice, and with newer details', async () => {
    const caseNo = await submit()
    const received = record(caseNo, 'SJ')
    // By the time the acceptance is read, the record already tells of the completion.
    const accepted = record(caseNo, 'SL', 'SP', 'BJ')
    const decided = record(caseNo, 'SP')
    const completed = record(caseNo, 'BJ')
    await notify(caseNo, 'SP', 3, decided)
    await notify(caseNo, 'SJ', 1, received)
    await notify(caseNo, 'SL', 2, accepted)
    await notify(caseNo, 'SL', 2, accepted)
    await notify(caseNo, 'BJ', 4, completed)
    await notify(caseNo, 'SJ', 1, received)
    await until(() => told(caseNo).length >= 4)
    assert.deepEqual(told(caseNo), ['/case/receive', '/case/accept', '/case/decide', '/case/complete'])
    const { body } = await hub.ask(CITY, 'GET', `/v1/cases/${caseNo}/messages`)
    assert.deepEqual(
      body.messages
        .map(({ type }: { type: string }) => type)
        .filter((type: string) => !type.startsWith('notice.')),
      ['case.submitted', 'case.received', 'case.accepted', 'case.decided', 'case.completed'],
    )
    assert.deepEqual(parked, [])
  })

  it('is told why, at its own queue, where a notice is wrong', async () => {
    const caseNo = await submit()
    const path = record(caseNo, 'SP')
    // The record has no section of the kind that the notice tells of.
    await notify(caseNo, 'SL', 1, path)
    await until(() => parked.length === 1)
    const headers = parked[0]?.properties.headers ?? {}
    assert.equal(headers['x-hub-code'], 'MESSAGE_NOT_VALID')
    assert.match(String(headers['x-hub-reason']), /detail\.sl\.slsj/)
  })

  it('loses nothing and doubles nothing while the broker is away, and the hub says so', async () => {
    const caseNo = await submit()
    await until(() => published.length === 1)
    await proxy.shut()
    await until(async () => (await listenerState()) === 'lost')
    const path = record(caseNo, 'SJ')
    await notify(caseNo, 'SJ', 1, path)
    const other = await submit()
    const { body } = await hub.ask(CITY, 'GET', `/v1/cases/${other}/messages`)
    assert.notEqual(body.messages[0].deliveries[0].state, 'delivered')
    await proxy.open()
    await untilOpen()
    await until(() => told(caseNo).length === 1 && published.length === 2)
    const ids = published.map(({ properties }) => properties.messageId)
    assert.equal(new Set(ids).size, 2)
  })
})
