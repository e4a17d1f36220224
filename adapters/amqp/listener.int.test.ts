import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'amqplib'
import type { Inbound, InboundOutcome, Listener, ListenServices } from '../../hub/contract/listener.ts'
import { listenServices, notYet, refused, taken } from '../listener-conformance.ts'
import { amqp } from './amqp.ts'
import { BROKER_URL, freshName, needsBroker } from './bench.ts'
import { laterQueue, parkedQueue } from './consumer.ts'
import type { AmqpListenConfig } from './listener.ts'
import { PublishingPartner } from './sender-bench.ts'

/** No wait of the listener's is as long as exactly this. */
const CONNECT_TIMEOUT_MS = 19_999

class Log {
  readonly notes: object[] = []
  readonly warnings: object[] = []

  info(details: object): void {
    this.notes.push(details)
  }

  warn(details: object): void {
    this.warnings.push(details)
  }

  error(details: object): void {
    this.warnings.push(details)
  }
}

const door = { mount: () => () => {} }

describe('amqp listener', function () {
  this.timeout(20_000)
  before(needsBroker)

  let partner: PublishingPartner
  let listener: Listener | undefined
  let received: Inbound[]

  beforeEach(() => {
    received = []
  })

  afterEach(async () => {
    await listener?.close()
    await partner.stop()
  })

  async function open(
    change: Partial<AmqpListenConfig>,
    decide: (inbound: Inbound, count: number) => InboundOutcome,
    services: Partial<ListenServices> = {},
  ): Promise<void> {
    partner = await new PublishingPartner('PARTNER', change).start()
    const receive = async (inbound: Inbound): Promise<InboundOutcome> => {
      received.push(inbound)
      return decide(inbound, received.length)
    }
    listener = await amqp.listen(partner.config, {
      ...listenServices(receive, door, { PARTNER: partner.proxy.url, GATEWAY: 'SYNTHETIC-SECRET' }),
      ...services,
    })
    // Before its queue is bound, what is published goes nowhere.
    await until(() => listener?.status().state === 'open')
  }

  async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  function notice(seq: number, path: string): Buffer {
    return Buffer.from(`{"msgId":"9d1e-${seq}","seq":${seq},"type":"SL","fetch":"${path}"}`)
  }

  it('offers what came too early again until its patience ends, and parks it with the reason', async () => {
    await open({ patienceMs: 400, laterMs: 100 }, () => notYet('order'))
    await partner.publish(Buffer.from('{"seq":3}'), { messageId: 'P3-3' })
    await until(() => partner.parked.length === 1)
    const [{ properties, content } = assert.fail('nothing parked')] = partner.parked
    assert.equal(properties.headers?.['x-hub-code'], 'CASE_STATE')
    assert.equal(content.toString(), '{"seq":3}')
    assert.ok(received.length >= 3, `offered ${received.length} times`)
    assert.equal(new Set(received.map(({ idempotencyKey }) => idempotencyKey)).size, 1)
  })

  it('lets the later ones pass that follow one that came too early', async () => {
    const order: string[] = []
    await open({}, ({ body }) => {
      const seq = /"seq":(\d)/.exec(Buffer.from(body).toString())?.[1] as string
      if (seq === '3' && !order.includes('2')) return notYet('order')
      order.push(seq)
      return taken({ body, contentType: '' })
    })
    for (const seq of [3, 2, 4])
      await partner.publish(Buffer.from(`{"seq":${seq}}`), { messageId: `P3-${seq}` })
    await until(() => order.length === 3)
    assert.deepEqual(order, ['2', '4', '3'])
  })

  it('gives a message that is sent twice one key, and one without an id none', async () => {
    await open({}, taken)
    for (const messageId of ['9d1e', '9d1e', '编号 一', undefined])
      await partner.publish(Buffer.from('{}'), messageId === undefined ? {} : { messageId })
    await until(() => received.length === 4)
    const [first, second, third, fourth] = received.map(({ idempotencyKey }) => idempotencyKey)
    assert.equal(first, 'amqp:9d1e')
    assert.equal(second, first)
    assert.match(third ?? '', /^amqp-sm3:[0-9a-f]{64}$/)
    assert.equal(fourth, undefined)
  })

  it('declares its queue again where somebody deleted it', async () => {
    await open({}, taken)
    await until(() => listener?.status().state === 'open')
    await partner.channel.deleteQueue(partner.queue)
    await until(() => listener?.status().state === 'lost')
    await until(() => listener?.status().state === 'open')
    await partner.publish(Buffer.from('{}'), { messageId: 'after' })
    await until(() => received.length === 1)
  })

  it('moves a message without what would close the channel, let it vanish or copy it elsewhere', async () => {
    await open({}, () => refused('contract'))
    // The broker takes a user id only from that user; moved by another one, the message would end every session.
    await partner.publish(Buffer.from('{}'), {
      messageId: 'P3-1',
      contentType: 'application/json',
      userId: 'guest',
      expiration: '60000',
      CC: 'elsewhere',
      type: 'accept',
      headers: { traceparent: '00-1-2-01' },
    })
    await until(() => partner.parked.length === 1)
    const [{ properties } = assert.fail('nothing parked')] = partner.parked
    assert.equal(properties.userId, undefined)
    assert.equal(properties.expiration, undefined)
    assert.equal(properties.headers?.CC, undefined)
    assert.equal(properties.headers?.traceparent, '00-1-2-01')
    assert.equal(properties.deliveryMode, 2)
    const { messageId, contentType, type } = properties
    assert.deepEqual(
      { messageId, contentType, type },
      { messageId: 'P3-1', contentType: 'application/json', type: 'accept' },
    )
  })

  it('does not acknowledge what it could not move, because somebody deleted the queue beside', async () => {
    await open({}, () => refused('contract'))
    await partner.channel.deleteQueue(parkedQueue(partner.queue))
    await partner.publish(Buffer.from('{}'), { messageId: 'P3-1' })
    await until(() => received.length >= 2)
    await partner.readParked()
    await until(() => partner.parked.length >= 1)
    assert.equal(partner.parked[0]?.properties.messageId, 'P3-1')
  })

  it('waits longer and longer while its sessions settle nothing', async () => {
    const waits: number[] = []
    const { clock } = listenServices(async () => refused(''), door)
    const noting = {
      now: () => clock.now(),
      after: (delayMs: number, callback: () => void) => {
        const waiting = listener?.status().state === 'lost' && delayMs !== CONNECT_TIMEOUT_MS
        if (waiting) waits.push(delayMs)
        return clock.after(waiting ? 0 : delayMs, callback)
      },
    }
    await open({ connectTimeoutMs: CONNECT_TIMEOUT_MS }, () => refused('contract'), { clock: noting })
    partner.proxy.treatment = 'cut-before'
    await partner.publish(Buffer.from('{}'), { messageId: 'P3-1' })
    await until(() => received.length >= 10)
    const longest = [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000]
    longest.forEach((least, index) => {
      const wait = waits[index] ?? assert.fail(`only ${index} waits`)
      assert.ok(wait >= least && wait <= Math.min(30_000, 2 * least), `${wait} ms at ${index}`)
    })
  })

  it('has the broker keep what it moves by itself until it is moved', async () => {
    await open({}, taken)
    // A broker refuses to declare a queue that stands with other arguments.
    const kept = {
      'x-queue-type': 'quorum',
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
      'x-dead-letter-exchange': '',
    }
    const { channel, queue } = partner
    const later = { ...kept, 'x-message-ttl': 150, 'x-dead-letter-routing-key': queue }
    await channel.assertQueue(laterQueue(queue, 150), { durable: true, arguments: later })
    const own = { ...kept, 'x-dead-letter-routing-key': parkedQueue(queue) }
    await channel.assertQueue(queue, { durable: true, arguments: own })
  })

  it('reads a queue that stands since before its broker was told to keep what it moves', async () => {
    const queue = freshName('inbound')
    const model = await connect(BROKER_URL)
    const channel = await model.createChannel()
    await channel.assertQueue(queue, {
      durable: true,
      arguments: {
        'x-queue-type': 'quorum',
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': parkedQueue(queue),
      },
    })
    channel.sendToQueue(queue, Buffer.from('{}'), { messageId: 'before' })
    await open({ queue }, taken)
    await until(() => received.length === 1)
    await listener?.close()
    for (const name of [queue, parkedQueue(queue), laterQueue(queue, 150)]) await channel.deleteQueue(name)
    await model.close()
  })

  it('closes within its time where the broker is frozen', async () => {
    const { clock } = listenServices(async () => refused(''), door)
    let hurried = false
    const hurrying = {
      now: () => clock.now(),
      after: (delayMs: number, callback: () => void) => clock.after(hurried ? 50 : delayMs, callback),
    }
    await open(
      {},
      () => {
        // From now on nothing is confirmed: the message that is being parked stays so.
        partner.proxy.pause()
        hurried = true
        return refused('contract')
      },
      { clock: hurrying },
    )
    await partner.publish(Buffer.from('{}'), { messageId: 'P3-1' })
    await until(() => received.length === 1)
    await listener?.close()
    assert.equal(listener?.status().state, 'closed')
    assert.equal(partner.parked.length, 0)
  })

  it('tells which messages it parked and put off, and nothing of what they say', async () => {
    const log = new Log()
    await open(
      {},
      (_, count) => {
        if (count === 1) return notYet('order')
        return refused('contract')
      },
      { log },
    )
    await partner.publish(Buffer.from('{"blrxm":"测试甲"}'), { messageId: 'P3-1' })
    await until(() => /已搁置 1 件/.test(listener?.status().words ?? ''))
    const told = [...log.notes, ...log.warnings].map((details) => details as Record<string, unknown>)
    assert.deepEqual(
      told.map(({ id, queue }) => ({ id, queue })),
      Array(2).fill({ id: 'P3-1', queue: partner.queue }),
    )
    assert.equal(told[0]?.code, 'CASE_STATE')
    assert.equal(typeof told[1]?.code, 'string')
    assert.doesNotMatch(JSON.stringify(told), /测试甲/)
  })

  it('refuses an address that is no broker’s, without showing it', async () => {
    partner = await new PublishingPartner('PARTNER').start()
    const services = listenServices(async () => refused(''), door, { PARTNER: 'http://user:secret@host' })
    await assert.rejects(amqp.listen(partner.config, services), (error: Error) => {
      assert.match(error.message, /not the address of a broker/)
      assert.doesNotMatch(error.message, /secret@/)
      return true
    })
  })

  describe('with thin notices', () => {
    let server: Server
    let asked: IncomingMessage[]
    let answer: (count: number) => { readonly status: number; readonly body?: string }

    beforeEach(async () => {
      asked = []
      answer = () => ({ status: 200, body: '{"ywlsh":"ZJ2609300088","zjhm":410101190001010015}' })
      server = createServer((request, response) => {
        asked.push(request)
        const { status, body = '' } = answer(asked.length)
        response.writeHead(status).end(body)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    })

    afterEach(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })

    function fetching(): Partial<AmqpListenConfig> {
      return {
        laterMs: 100,
        patienceMs: 2_000,
        fetch: {
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
          path: '/fetch',
          signing: { scheme: 'national-gateway', sid: 's_demo', secret: 'GATEWAY' },
        },
      }
    }

    it('fetches what a notice is about, signed, and hands both over with every digit', async () => {
      await open(fetching(), taken)
      await partner.publish(notice(2, '/case/ZJ2609300088/accept'), { messageId: '9d1e' })
      await until(() => received.length === 1)
      assert.equal(asked[0]?.url, '/api/case/ZJ2609300088/accept')
      assert.equal(asked[0]?.headers.gjzwfwpt_sid, 's_demo')
      const [{ body, contentType } = assert.fail('nothing handed over')] = received
      assert.equal(contentType, 'application/json; charset=utf-8')
      const text = Buffer.from(body).toString()
      assert.match(text, /"zjhm":410101190001010015\}/)
      const document = JSON.parse(text)
      assert.equal(document.notice.seq, 2)
      assert.equal(document.detail.ywlsh, 'ZJ2609300088')
    })

    it('asks again while the partner fails, and while the record is not there yet', async () => {
      const statuses = [500, 503, 404]
      answer = (count) => ({ status: statuses[count - 1] ?? 200, body: '{}' })
      await open(fetching(), taken)
      await partner.publish(notice(1, '/a'), { messageId: '9d1e' })
      await until(() => received.length === 1)
      assert.equal(asked.length, 4)
    })

    it('parks what is refused, what is not JSON, and what points elsewhere', async () => {
      const answers = [{ status: 400 }, { status: 200, body: '<html>' }]
      answer = (count) => answers[count - 1] ?? { status: 500 }
      await open(fetching(), taken)
      for (const [id, path] of [
        ['A', '/a'],
        ['B', '/b'],
        ['C', 'http://elsewhere/c'],
        ['D', '//elsewhere/d'],
      ] as const)
        await partner.publish(notice(1, path), { messageId: id })
      await until(() => partner.parked.length === 4)
      const codes = partner.parked.map(({ properties }) => properties.headers?.['x-hub-code'])
      assert.deepEqual(codes, ['DETAIL_REFUSED', 'DETAIL_REFUSED', 'DETAIL_REFUSED', 'DETAIL_REFUSED'])
      assert.equal(asked.length, 2)
      assert.equal(received.length, 0)
    })

    it('asks again where our credential or address is not right, and tells the operator', async () => {
      const statuses = [401, 403, 302]
      let mended = false
      answer = (count) => ({ status: mended ? 200 : (statuses[count % 3] as number), body: '{}' })
      const log = new Log()
      await open({ ...fetching(), patienceMs: 0 }, taken, { log })
      await partner.publish(notice(1, '/a'), { messageId: '9d1e' })
      await until(() => asked.length === 4)
      assert.equal(listener?.status().state, 'open')
      assert.match(listener?.status().words ?? '', /凭据.*HTTP (401|403|302)/)
      const { code, id, words } = log.warnings[0] as Record<string, unknown>
      assert.deepEqual({ code, id, words }, { code: 'FETCH_UNWELCOME', id: '9d1e', words: 'HTTP 403' })
      mended = true
      await until(() => received.length === 1)
      assert.equal(listener?.status().words, undefined)
      assert.equal(partner.parked.length, 0)
    })

    it('asks for nothing outside its address', async () => {
      await open(fetching(), taken)
      const paths = [
        '/../../admin',
        '/%2e%2e/admin',
        '/a/../../apis',
        '/..%2fadmin',
        '/%252e%252e%252fadmin',
        '/..%5cadmin',
        '/..;/admin',
      ]
      for (const [index, path] of paths.entries())
        await partner.publish(notice(1, path), { messageId: `P3-${index}` })
      await partner.publish(notice(1, '/a/../b;v=1/c%2Fd?e=/../..'), { messageId: 'within' })
      await until(() => received.length === 1 && partner.parked.length === paths.length)
      assert.deepEqual(
        asked.map(({ url }) => url),
        ['/api/b;v=1/c%2Fd?e=/../..'],
      )
    })
  })
})
