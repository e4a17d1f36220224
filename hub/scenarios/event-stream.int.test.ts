import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BROKER_URL, needsBroker, Subscriber } from '../../adapters/amqp/bench.ts'
import { BrokerProxy } from '../../adapters/amqp/broker-proxy.ts'
import { loadValidator } from '../canonical/validator.ts'
import type { Message } from '../contract/message.ts'
import { accepted, CONSTRUCTOR, following, submission } from '../testing/gateway-documents.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

/** One message as a subscriber sees it. */
interface Seen {
  readonly routingKey: string
  readonly messageId: string
  readonly contentType: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly message: Message
}

describe('the event stream of a running hub', function () {
  this.timeout(60_000)
  before(needsBroker)

  let subscriber: Subscriber
  let proxy: BrokerProxy
  let partners: Partners
  let hub: RunningHub
  let topology: string

  beforeEach(async () => {
    subscriber = await new Subscriber().open()
    proxy = await new BrokerProxy(BROKER_URL).open()
    topology = topologyWith(subscriber.exchange)
    partners = await openPartners()
    hub = await openHub({
      partnersUrl: partners.url,
      environment: { HUB_AMQP_URL: proxy.url, HUB_TOPOLOGY_DIR: topology },
    })
  })

  afterEach(async () => {
    await hub?.stop()
    await partners?.stop()
    await proxy?.quiet()
    await proxy?.shut()
    await subscriber?.stop()
    if (topology !== undefined) rmSync(topology, { recursive: true })
  })

  /** Accepted by the hub, whatever the broker does. */
  async function take(
    system: string,
    path: string,
    status: number,
    body: object,
  ): Promise<{ caseNo: string }> {
    const answer = await hub.ask(system, 'POST', path, { body })
    assert.equal(answer.status, status, JSON.stringify(answer.body))
    return answer.body
  }

  async function submit(): Promise<string> {
    const body = submission({ requestNo: randomUUID(), receiving: '411300', jurisdiction: '410526' })
    return (await take('city-411300', '/v1/cases', 201, body)).caseNo
  }

  function send(caseNo: string, apiCode: string, body: Readonly<Record<string, unknown>>): Promise<unknown> {
    const document = following(apiCode, randomUUID(), caseNo, { handleUserName: '李测试', ...body })
    return take('county-410526', '/v1/messages', 202, document)
  }

  /** Submission, acceptance, decision. */
  async function aCase(): Promise<string> {
    const caseNo = await submit()
    await take('county-410526', '/v1/messages', 202, accepted(randomUUID(), caseNo))
    await send(caseNo, 'DEPT_DECIDE', { decideDate: '2026-10-20 10:00:00', decision: '1' })
    return caseNo
  }

  function seen(): Seen[] {
    return subscriber.messages.map(({ fields, properties, content }) => ({
      routingKey: fields.routingKey,
      messageId: String(properties.messageId),
      contentType: String(properties.contentType),
      headers: properties.headers ?? {},
      message: JSON.parse(content.toString()) as Message,
    }))
  }

  /** As a subscriber must: each message id once. */
  function once(): Seen[] {
    return [
      ...new Map(
        seen()
          .reverse()
          .map((one) => [one.messageId, one]),
      ).values(),
    ].reverse()
  }

  async function received(count: number): Promise<Seen[]> {
    await subscriber.until(() => once().length >= count)
    return once()
  }

  /** What arrived of each case, in the order of its first arrival. */
  function byCase(all: readonly Seen[]): Readonly<Record<string, readonly number[]>> {
    const cases = Map.groupBy(all, ({ message }) => message.subject)
    return Object.fromEntries(
      [...cases].map(([caseNo, list]) => [caseNo, list.map(({ message }) => message.sequence)]),
    )
  }

  it('gets every message of a case in order, as CloudEvents that keep to the canonical schemas', async () => {
    const caseNo = await aCase()
    await send(caseNo, 'DEPT_COMPLETE', { resultDate: '2026-10-21 10:00:00', resultType: '1' })
    const all = await received(4)
    const types = ['case.submitted', 'case.accepted', 'case.decided', 'case.completed'] as const
    assert.deepEqual(
      all.map(({ message }) => [message.sequence, message.type]),
      types.map((type, index) => [index + 1, type]),
    )
    const { validate, dataschema } = loadValidator()
    const { body } = await hub.ask('city-411300', 'GET', `/v1/cases/${caseNo}/messages`)
    for (const [index, { routingKey, messageId, contentType, headers, message }] of all.entries()) {
      assert.equal(routingKey, `${message.type}.410526.${CONSTRUCTOR}`)
      assert.equal(contentType, 'application/cloudevents+json; charset=utf-8')
      assert.deepEqual(
        [message.specversion, message.subject, message.id, message.dataschema, message.datacontenttype],
        ['1.0', caseNo, messageId, dataschema(message.type), 'application/json'],
      )
      assert.deepEqual(
        [headers.type, headers.case, headers.sequence],
        [message.type, caseNo, message.sequence],
      )
      assert.deepEqual(validate(message.type, message.data), [])
      assert.equal(message.id, body.messages[index].messageId)
    }
    assert.deepEqual(
      all.map(({ message }) => message.source),
      ['city-411300', ...Array(3).fill('county-410526')].map((system) => `/systems/${system}`),
    )
  })

  it('holds nothing up while the broker is down, and catches up afterwards, in order, nothing lost', async () => {
    const before = await aCase()
    await received(3)
    const underWay = Promise.all(Array.from({ length: 10 }, aCase))
    await proxy.shut()
    const cases = [before, ...(await underWay), ...(await Promise.all(Array.from({ length: 10 }, aCase)))]
    // Partners got theirs: nobody else waits for the broker.
    await partners.until(({ length }) => length >= cases.length * 2)
    const missing = cases.length * 3 - once().length
    assert.ok(missing >= 30, `${missing} messages wait for the broker`)
    await proxy.open()
    const all = await received(cases.length * 3)
    assert.deepEqual(byCase(all), Object.fromEntries(cases.map((caseNo) => [caseNo, [1, 2, 3]])))
  })

  it('is rebuilt by a replay of everything after the broker was wiped', async () => {
    const cases = await Promise.all(Array.from({ length: 5 }, aCase))
    const first = await received(15)
    await settled(15)
    await subscriber.channel.deleteQueue(subscriber.queue)
    // Nobody listens: these are confirmed and dropped.
    const late = await aCase()
    await settled(18)
    subscriber.messages.splice(0)
    await subscriber.declare()

    const wanted = { filter: { destination: 'event-stream', state: 'delivered' } }
    const replay = (body: object) => hub.ask('duty-operator', 'POST', '/v1/ops/deliveries/replay', { body })
    const plan = (await replay({ ...wanted, dryRun: true })).body
    assert.equal(plan.count, 18, JSON.stringify(plan))
    const done = await replay({ ...wanted, confirm: plan.confirm, reason: '消息中间件重建' })
    assert.deepEqual(done.body, { replayed: 18, confirmed: 18 })

    const all = await received(18)
    assert.deepEqual(byCase(all), Object.fromEntries([...cases, late].map((caseNo) => [caseNo, [1, 2, 3]])))
    const again = new Map(all.map(({ messageId, message }) => [messageId, message]))
    for (const { messageId, message } of first) assert.deepEqual(again.get(messageId), message)
  })

  /** Resolves once the hub has recorded that many deliveries to the stream as delivered. */
  async function settled(count: number): Promise<void> {
    const path = '/v1/ops/deliveries?destination=event-stream&state=delivered&limit=200'
    for (let turn = 0; turn < 2_000; turn++) {
      const { body } = await hub.ask('auditor', 'GET', path)
      if (body.deliveries.length >= count) return
    }
    assert.fail(`fewer than ${count} deliveries to the stream were recorded`)
  }
})

/** The shipped topology with an exchange of the test's own and short waits. */
function topologyWith(exchange: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'hub-topology-'))
  cpSync(new URL('../../topology', import.meta.url).pathname, folder, { recursive: true })
  const file = join(folder, 'systems/event-stream.yaml')
  const text = readFileSync(file, 'utf8')
    .replace(/exchange: hub\.events\S*/, `exchange: ${exchange}`)
    .replace(/retry: .*/, 'retry: { firstMs: 20, factor: 2, maxMs: 200 }')
  writeFileSync(file, text)
  return folder
}
