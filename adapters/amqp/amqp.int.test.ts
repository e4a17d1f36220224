import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import type { Link, LinkServices } from '../../hub/contract/adapter.ts'
import { LinkLost, OutcomeUnknown, Rejected, RetryLater } from '../../hub/contract/errors.ts'
import { anOutbound, keepsAdapterContract, linkServices } from '../conformance.ts'
import { keepsListenerContract } from '../listener-conformance.ts'
import { type AmqpConfig, amqp } from './amqp.ts'
import { BROKER_URL, BrokerReceiver, bench, freshName, needsBroker } from './bench.ts'
import { senderBench } from './sender-bench.ts'

describe('against a real broker', function () {
  this.timeout(20_000)
  before(needsBroker)

  keepsAdapterContract(amqp, bench)
  keepsListenerContract(amqp, senderBench)

  describe('amqp link', () => {
    const never = new AbortController().signal
    let receiver: BrokerReceiver

    beforeEach(async () => {
      receiver = await new BrokerReceiver('BROKER').start()
    })

    afterEach(async () => {
      await receiver.quiet()
      await receiver.stop()
    })

    function services(url: string = receiver.proxy.url): LinkServices {
      return linkServices(bench.readAnswer, { BROKER: url })
    }

    /** Opens, uses and closes a link. */
    async function withLink<Result>(
      change: Partial<AmqpConfig>,
      use: (link: Link) => Promise<Result>,
      given: LinkServices = services(),
    ): Promise<Result> {
      const link = await amqp.open({ ...receiver.config, ...change }, given)
      try {
        return await use(link)
      } finally {
        await link.close()
      }
    }

    it('publishes persistent messages with id, type, headers and routing key', async () => {
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
      const message = anOutbound({ traceparent, caseNo: '豫2026 0001', hints: { routingKey: 'a.豫.b' } })
      await withLink({}, (link) => link.deliver(message, never))
      const [{ properties, fields, content } = assert.fail('nothing arrived')] = receiver.subscriber.messages
      assert.deepEqual(
        {
          id: properties.messageId,
          type: properties.type,
          contentType: properties.contentType,
          mode: properties.deliveryMode,
          headers: properties.headers,
          key: fields.routingKey,
        },
        {
          id: message.messageId,
          type: 'case.submitted',
          contentType: 'application/json; charset=utf-8',
          mode: 2,
          headers: { type: 'case.submitted', case: '豫2026 0001', sequence: 1, traceparent },
          key: 'a.豫.b',
        },
      )
      assert.deepEqual(content, Buffer.from(message.body))
    })

    it('calls a message that no queue wants Rejected, and each one for itself', async () => {
      const { subscriber } = receiver
      await subscriber.channel.unbindQueue(subscriber.queue, subscriber.exchange, '#')
      await subscriber.channel.bindQueue(subscriber.queue, subscriber.exchange, 'wanted.#')
      receiver.proxy.beforeConfirm = async () => {}
      await withLink({}, async (link) => {
        const keys = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'wanted.a' : 'other'))
        const outcomes = await Promise.allSettled(
          keys.map((routingKey, index) =>
            link.deliver(
              anOutbound({
                messageId: `0198f0c2-7d6e-7b3a-9c11-${String(index).padStart(12, '0')}`,
                hints: { routingKey },
              }),
              never,
            ),
          ),
        )
        assert.deepEqual(
          outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason instanceof Rejected),
          keys.map((key) => key === 'other'),
        )
      })
      await receiver.arrived(10)
    })

    it('takes a message that no queue wants where it is not mandatory', async () => {
      const { subscriber } = receiver
      await subscriber.channel.unbindQueue(subscriber.queue, subscriber.exchange, '#')
      receiver.proxy.beforeConfirm = async () => {}
      await withLink({ mandatory: false }, (link) => link.deliver(anOutbound(), never))
      assert.equal(receiver.arrivals.length, 0)
    })

    it('calls a nack RetryLater', async () => {
      receiver.proxy.treatment = 'refuse'
      await withLink({}, (link) => assert.rejects(link.deliver(anOutbound(), never), RetryLater))
    })

    it('calls it RetryLater, and sends nothing, while the broker says that it takes nothing', async () => {
      const { proxy } = receiver
      const nextConfirm = proxy.holdConfirms()
      await withLink({}, async (link) => {
        const first = link.deliver(anOutbound(), never)
        const passFirst = await nextConfirm()
        const second = link.deliver(anOutbound(), never)
        await receiver.arrived(2)
        // What is told before a confirm is read before it.
        proxy.tellBlocked('low on memory')
        passFirst()
        await first
        await assert.rejects(
          link.deliver(anOutbound(), never),
          (error) => error instanceof RetryLater && /low on memory/.test(error.message),
        )
        assert.equal(proxy.published, 2)
        const passSecond = await nextConfirm()
        proxy.tellBlocked()
        passSecond()
        await second
        const third = link.deliver(anOutbound(), never)
        const passThird = await nextConfirm()
        passThird()
        await third
      })
    })

    it('closes at once while it is blocked', async () => {
      await withLink({}, async (link) => {
        receiver.proxy.beforeConfirm = async () => receiver.proxy.tellBlocked('low on disk')
        await link.deliver(anOutbound(), never)
        await assert.rejects(link.deliver(anOutbound(), never), RetryLater)
        await link.close()
      })
    })

    it('calls a confirm that does not come in time OutcomeUnknown, and keeps the connection', async () => {
      const real = services()
      let elapse: (() => void) | undefined
      const clock = {
        now: real.clock.now,
        after: (delayMs: number, callback: () => void) => {
          if (delayMs !== 700) return real.clock.after(delayMs, callback)
          elapse = callback
          return { cancel() {} }
        },
      }
      receiver.proxy.treatment = 'drop'
      await withLink(
        { confirmTimeoutMs: 700 },
        async (link) => {
          const attempt = assert.rejects(
            link.deliver(anOutbound(), never),
            (error) => error instanceof OutcomeUnknown && /700 ms/.test(error.message),
          )
          await receiver.arrived(1)
          elapse?.()
          await attempt
          receiver.proxy.treatment = 'pass'
          await link.deliver(anOutbound(), never)
        },
        { ...real, clock },
      )
    })

    it('calls everything outstanding OutcomeUnknown when the broker closes the channel, and then goes on', async () => {
      await withLink({}, async (link) => {
        await link.deliver(anOutbound(), never)
        // Publishing to an exchange that is gone makes the broker close the channel (404).
        await receiver.subscriber.channel.deleteExchange(receiver.subscriber.exchange)
        const outcomes = await Promise.allSettled([
          link.deliver(anOutbound(), never),
          link.deliver(anOutbound(), never),
        ])
        for (const outcome of outcomes) {
          assert.ok(outcome.status === 'rejected' && outcome.reason instanceof OutcomeUnknown)
          assert.match(outcome.reason.message, /404/)
        }
        receiver.proxy.beforeConfirm = async () => {}
        // The exchange is declared again; nobody is bound to it yet.
        await assert.rejects(link.deliver(anOutbound(), never), Rejected)
        await receiver.subscriber.declare()
        await link.deliver(anOutbound(), never)
      })
    })

    it('waits for room while the broker does not read, and sends nothing when it is stopped meanwhile', async () => {
      receiver.proxy.beforeConfirm = async () => {}
      const body = new Uint8Array(2 ** 20)
      await withLink({}, async (link) => {
        await link.deliver(anOutbound(), never)
        receiver.proxy.pause()
        const stop = new AbortController()
        // Each message is many frames; far more than the kernel and amqplib's buffer together take.
        const attempts = Array.from({ length: 300 }, () => link.deliver(anOutbound({ body }), stop.signal))
        await new Promise((resolve) => setImmediate(resolve))
        stop.abort()
        const outcomes = await Promise.allSettled(attempts)
        const classes = outcomes.map((outcome) =>
          outcome.status === 'rejected' ? outcome.reason.constructor : undefined,
        )
        const first = classes.indexOf(LinkLost)
        assert.ok(first > 0, 'the buffer takes some and then no more')
        assert.ok(classes.slice(0, first).every((outcome) => outcome === OutcomeUnknown))
        assert.ok(classes.slice(first).every((outcome) => outcome === LinkLost))
        receiver.proxy.resume()
      })
    })

    it('calls an exchange that is not there LinkLost where it must not declare one, and says so when probed', async () => {
      const exchange = freshName('absent')
      await withLink({ exchange, declare: false }, async (link) => {
        await assert.rejects(
          link.deliver(anOutbound(), never),
          (error) => error instanceof LinkLost && error.message.includes(exchange),
        )
        await assert.rejects(
          link.probe(never),
          (error) => error instanceof Rejected && error.kind === 'contract',
        )
      })
    })

    it('declares nothing when it is probed', async () => {
      const exchange = freshName('absent')
      await withLink({ exchange }, (link) => link.probe(never))
      await withLink({ exchange, declare: false }, (link) => assert.rejects(link.probe(never), Rejected))
    })

    it('calls a wrong password LinkLost, and a matter for the operator when probed', async () => {
      const url = new URL(receiver.proxy.url)
      url.password = 'wrong-password'
      await withLink(
        {},
        async (link) => {
          await assert.rejects(
            link.deliver(anOutbound(), never),
            (error) => error instanceof LinkLost && !error.message.includes('wrong-password'),
          )
          await assert.rejects(
            link.probe(never),
            (error) => error instanceof Rejected && error.kind === 'credential',
          )
        },
        services(url.href),
      )
    })

    it('delivers again on the same link once the broker is back', async () => {
      await withLink({}, async (link) => {
        await link.deliver(anOutbound(), never)
        await receiver.proxy.shut()
        // The link may not have noticed yet, and then cannot know.
        await assert.rejects(
          link.deliver(anOutbound(), never),
          (error) => error instanceof LinkLost || error instanceof OutcomeUnknown,
        )
        await assert.rejects(link.deliver(anOutbound(), never), LinkLost)
        await receiver.proxy.open()
        await link.deliver(anOutbound(), never)
      })
      await receiver.arrived(2)
    })

    for (const protocol of ['amqp', 'amqps'])
      it(`calls a broker that never says hello LinkLost, and drops the connection (${protocol})`, async () => {
        const mute = net
          .createServer((socket) => socket.on('error', () => {}).resume())
          .listen(0, '127.0.0.1')
        await once(mute, 'listening')
        const { port } = mute.address() as AddressInfo
        await withLink(
          { connectTimeoutMs: 100 },
          (link) =>
            assert.rejects(
              link.deliver(anOutbound(), never),
              (error) => error instanceof LinkLost && /100 ms/.test(error.message),
            ),
          services(`${protocol}://guest:guest@127.0.0.1:${port}`),
        )
        mute.close()
        await once(mute, 'close')
      })

    it('speaks no TLS with a broker whose certificate nobody vouches for', async () => {
      const url = receiver.proxy.url.replace('amqp:', 'amqps:')
      assert.ok(BROKER_URL.startsWith('amqp:'))
      await withLink({}, (link) => assert.rejects(link.deliver(anOutbound(), never), LinkLost), services(url))
    })
  })
})
