import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib'
import type { Fault } from '../faults.ts'
import type { PartnerFormat } from '../formats/partner-format.ts'
import { BROKER, needsServers } from '../testing/servers.ts'
import { PLAIN, until, type WireBench, wireBench } from '../testing/wire-bench.ts'
import { openAmqpCarrier, openAmqpDoor } from './amqp.ts'

const format: PartnerFormat = {
  ...PLAIN,
  amqp: {
    incomingKey: 'case.#',
    routingKey: () => 'notice.410000.SL',
    messageId: (_letter, { letterNo }) => letterNo,
    detail: (_letter, { letterNo }) => ({
      path: `/case/${letterNo}`,
      body: Buffer.from(`{"about":"${letterNo}"}`),
    }),
  },
}
const ADDRESS = { secret: 'HUB_AMQP_URL' }

describe('a simulated system at a broker', function () {
  this.timeout(30_000)
  before(needsServers(BROKER))

  let bench: WireBench
  let model: ChannelModel
  let channel: ConfirmChannel
  let scope: string
  const clear: (() => Promise<void> | undefined)[] = []

  const open = async (...faults: readonly Fault[]): Promise<void> => {
    bench = wireBench(format, { faults, environment: { HUB_AMQP_URL: BROKER } })
    scope = bench.grounds.environment.SIMULATORS_SCOPE ?? ''
    model = await connect(BROKER)
    channel = await model.createConfirmChannel()
  }
  afterEach(async () => {
    await model.close()
    for (const removed of clear.splice(0)) await removed()
    await bench.grounds.close()
  })

  const door = async () => {
    const config = { url: ADDRESS, exchange: `hub.test${scope}` }
    const wire = await openAmqpDoor(bench.parts, { adapter: 'amqp', config })
    clear.push(
      async () => wire.close?.(),
      async () => wire.clear?.(),
    )
    wire.collect?.()
    return wire
  }
  const publish = async (key: string, body: string): Promise<void> => {
    const options = {
      messageId: randomUUID(),
      type: 'case.submitted',
      headers: { case: 'c1' },
      mandatory: true,
    }
    channel.publish(`hub.test${scope}`, key, Buffer.from(body), options)
    await channel.waitForConfirms()
  }

  it('takes what is published to it, and not what it says itself', async () => {
    await open()
    await door()
    await publish('notice.410000.SL', '{}')
    await publish('case.410526.apply', '{"case":"c1","type":"case.submitted"}')
    await until(() => bench.heard.length > 0)
    assert.equal(bench.heard.length, 1)
    assert.deepEqual(bench.troubles, [])
  })

  it('is given again what it did not acknowledge, and does nothing twice', async () => {
    await open({ kind: 'answer', status: 503, times: 1 }, { kind: 'lose-answer', times: 1 })
    await door()
    await publish('case.410526.apply', '{"case":"c1","type":"case.submitted"}')
    await until(() => bench.ledger.report().arrivals === 2)
    assert.equal(bench.ledger.report().effects, 1)
  })

  const carrierWith = async (queue: string) => {
    const config = {
      url: ADDRESS,
      queue,
      bindings: [{ exchange: `hub.test${scope}` }],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as the topology has it
      fetch: { url: '${SIMULATORS_URL}/department' },
    }
    const wire = openAmqpCarrier(bench.parts, { adapter: 'amqp', config })
    clear.push(
      async () => wire.close?.(),
      async () => wire.clear?.(),
    )
    return wire
  }

  it('gives notice, and shows the record to whoever follows it', async () => {
    await open()
    const queue = `hub.inbound${scope}`
    await channel.assertExchange(`hub.test${scope}`, 'topic', { durable: true })
    await channel.assertQueue(queue, { durable: true })
    await channel.bindQueue(queue, `hub.test${scope}`, 'notice.#')
    const { carrier, door: records } = await carrierWith(queue)
    bench.shows('BM1-1')
    assert.equal((await bench.carry(carrier)).status, 202)
    const notice = await channel.get(queue, { noAck: true })
    assert.ok(notice)
    assert.equal(notice.properties.messageId, 'BM1-1')
    const request = {
      method: 'GET',
      path: '/department/case/BM1-1',
      query: '',
      headers: {},
      body: Buffer.alloc(0),
    }
    const found = await records?.handler(request)
    assert.ok(found?.kind === 'answer' && found.status === 200)
    assert.equal(String(found.body), '{"about":"BM1-1"}')
    const none = await records?.handler({ ...request, path: '/department/case/BM1-2' })
    assert.ok(none?.kind === 'answer' && none.status === 404)
  })

  it('hears from the parked queue why the hub refused a notice, and leaves it there', async () => {
    await open()
    const queue = `hub.inbound${scope}`
    const { carrier } = await carrierWith(queue)
    const answer = bench.carry(carrier)
    await channel.assertQueue(`${queue}.parked`, { durable: true })
    channel.sendToQueue(`${queue}.parked`, Buffer.from('{}'), {
      messageId: 'BM1-1',
      headers: { 'x-hub-code': 'CASE_STATE', 'x-hub-reason': '办件已办结' },
    })
    const { status, body } = await answer
    assert.equal(status, 422)
    assert.match(String(body), /CASE_STATE: 办件已办结/)
    await clear[0]?.()
    const { messageCount } = await channel.checkQueue(`${queue}.parked`)
    assert.equal(messageCount, 1)
  })
})
