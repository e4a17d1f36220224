import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo, type LookupFunction } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { LinkServices } from '../../hub/contract/adapter.ts'
import { LinkLost, OutcomeUnknown, Rejected, RetryLater } from '../../hub/contract/errors.ts'
import { anOutbound, keepsAdapterContract, linkServices } from '../conformance.ts'
import { addressGuard } from '../shared/addresses.ts'
import { openHttpClient } from '../shared/http.ts'
import { SELF_SIGNED } from '../shared/self-signed.ts'
import { unusedPort } from '../unused-port.ts'
import { bench, RestReceiver, readAnswer } from './bench.ts'
import { type RestConfig, rest } from './rest.ts'

keepsAdapterContract(rest, bench)

describe('rest link', () => {
  const never = new AbortController().signal
  let receiver: RestReceiver

  beforeEach(async () => {
    receiver = await new RestReceiver(() => 0).listen()
  })

  afterEach(async () => {
    await receiver.quiet()
    await receiver.stop()
  })

  /** Opens, uses and closes a link. */
  async function withLink<Result>(
    config: RestConfig,
    use: (link: Awaited<ReturnType<typeof rest.open>>) => Promise<Result>,
    services: LinkServices = linkServices(readAnswer),
  ): Promise<Result> {
    const link = await rest.open(config, services)
    try {
      return await use(link)
    } finally {
      await link.close()
    }
  }

  it('sends the headers that identify a message, and the static ones', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    await withLink({ ...receiver.config, headers: { 'x-app-id': 'henan-hub' } }, (link) =>
      link.deliver(anOutbound({ traceparent, caseNo: '豫2026 0001%' }), never),
    )
    const headers = receiver.headers[0] ?? {}
    assert.deepEqual(
      {
        'content-type': headers['content-type'],
        'x-hub-message-id': headers['x-hub-message-id'],
        'x-hub-case': headers['x-hub-case'],
        'x-hub-type': headers['x-hub-type'],
        traceparent: headers.traceparent,
        'x-app-id': headers['x-app-id'],
        'accept-encoding': headers['accept-encoding'],
      },
      {
        'content-type': 'application/json; charset=utf-8',
        'x-hub-message-id': anOutbound().messageId,
        'x-hub-case': '%E8%B1%AB2026%200001%25',
        'x-hub-type': 'case.submitted',
        traceparent,
        'x-app-id': 'henan-hub',
        'accept-encoding': 'identity',
      },
    )
  })

  it('signs each attempt anew', async () => {
    const config: RestConfig = {
      ...receiver.config,
      signing: { scheme: 'hub-hmac', keyId: 'k1', algorithm: 'hmac-sm3', secret: 'S' },
    }
    await withLink(
      config,
      async (link) => {
        await link.deliver(anOutbound(), never)
        await link.deliver(anOutbound(), never)
      },
      linkServices(readAnswer, { S: 'synthetic' }),
    )
    const [first, second] = receiver.headers
    assert.match(String(first?.['x-hub-signature']), /^[0-9a-f]{64}$/)
    assert.notEqual(first?.['x-hub-nonce'], second?.['x-hub-nonce'])
  })

  it('keeps connections and bounds their number', async () => {
    await withLink({ ...receiver.config, maxSockets: 3 }, async (link) => {
      await Promise.all(Array.from({ length: 30 }, () => link.deliver(anOutbound(), never)))
      assert.equal(receiver.arrivals.length, 30)
      assert.ok(receiver.connections() <= 3, `${receiver.connections()} connections`)
    })
  })

  it('calls a delivery that waits for a connection of the pool LinkLost when stopped', async () => {
    receiver.behave({ kind: 'silent' })
    await withLink({ ...receiver.config, maxSockets: 1 }, async (link) => {
      const stop = new AbortController()
      const blocked = assert.rejects(link.deliver(anOutbound(), stop.signal), OutcomeUnknown)
      await receiver.arrived(1)
      const waiting = assert.rejects(link.deliver(anOutbound(), stop.signal), LinkLost)
      stop.abort()
      await Promise.all([blocked, waiting])
    })
    assert.equal(receiver.arrivals.length, 1)
  })

  it('ignores proxies of the environment', async () => {
    const saved = { HTTP_PROXY: process.env.HTTP_PROXY, http_proxy: process.env.http_proxy }
    const proxy = `http://127.0.0.1:${await unusedPort()}`
    Object.assign(process.env, { HTTP_PROXY: proxy, http_proxy: proxy })
    try {
      await withLink(receiver.config, (link) => link.deliver(anOutbound(), never))
    } finally {
      for (const [name, value] of Object.entries(saved)) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    }
    assert.equal(receiver.arrivals.length, 1)
  })

  it('refuses connections to addresses outside allowAddresses before anything is sent', async () => {
    await withLink({ ...receiver.config, allowAddresses: ['10.41.0.0/16'] }, (link) =>
      assert.rejects(link.deliver(anOutbound(), never), LinkLost),
    )
    const port = new URL(receiver.origin).port
    await withLink({ url: `http://localhost:${port}/`, allowAddresses: ['10.41.0.0/16'] }, (link) =>
      assert.rejects(
        link.deliver(anOutbound(), never),
        (error) => error instanceof LinkLost && /allowAddresses/.test(error.message),
      ),
    )
    assert.equal(receiver.arrivals.length, 0)
  })

  it('connects only where the name resolved to at that moment, when a name flips', async () => {
    let asked = 0
    const flipping: LookupFunction = (_name, _options, callback) => {
      asked++
      callback(null, [{ address: asked === 1 ? '127.0.0.1' : '127.66.0.1', family: 4 }])
    }
    const port = new URL(receiver.origin).port
    const client = openHttpClient({
      allowHosts: [`department.example:${port}`],
      guard: addressGuard(['127.0.0.1/32'], flipping),
      tls: {},
      maxAnswerBytes: 4096,
      connectTimeoutMs: 5000,
      idleSocketMs: 0,
      maxSockets: 1,
      clock: linkServices(readAnswer).clock,
    })
    const request = { method: 'POST', url: new URL(`http://department.example:${port}/`), headers: {} }
    const first = await client.exchange(request, never)
    const second = await client.exchange(request, never)
    const third = await client.exchange({ ...request, url: new URL('http://elsewhere.example/') }, never)
    client.close()
    assert.deepEqual([first.kind, second.kind, third.kind], ['answer', 'never-connected', 'never-connected'])
    assert.equal(asked, 2)
  })

  it('calls an unknown name LinkLost', async () => {
    await withLink({ url: 'http://department.invalid/' }, (link) =>
      assert.rejects(link.deliver(anOutbound(), never), LinkLost),
    )
  })

  describe('against a receiver that answers by script', () => {
    let server: http.Server
    let answer: (response: http.ServerResponse, request: http.IncomingMessage) => void

    beforeEach(async () => {
      server = http.createServer((request, response) => {
        request.resume().on('end', () => answer(response, request))
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    })

    afterEach(async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    })

    function config(): RestConfig {
      return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, maxAnswerBytes: 4096 }
    }

    it('does not inflate an answer', async () => {
      const bomb = gzipSync(Buffer.alloc(3_000_000, '0'))
      answer = (response) => response.setHeader('content-encoding', 'gzip').end(bomb.subarray(0, 4000))
      await withLink(config(), (link) =>
        assert.rejects(
          link.deliver(anOutbound(), never),
          (error) =>
            error instanceof OutcomeUnknown && error.answer?.length === bomb.subarray(0, 4000).length,
        ),
      )
    })

    it('takes an answer of exactly maxAnswerBytes, and none that is a byte longer', async () => {
      const full = '{"code":"taken"}'.padEnd(4096)
      await withLink(config(), async (link) => {
        answer = (response) => response.end(full)
        assert.equal((await link.deliver(anOutbound(), never)).answer?.length, 4096)
        answer = (response) => response.end(`${full} `)
        await assert.rejects(
          link.deliver(anOutbound(), never),
          (error) => error instanceof OutcomeUnknown && error.answer?.length === 4096,
        )
      })
    })

    it('judges a large error page by its status', async () => {
      answer = (response) => response.writeHead(500).end('x'.repeat(100_000))
      await withLink(config(), (link) => assert.rejects(link.deliver(anOutbound(), never), RetryLater))
    })

    it('calls header lines without end OutcomeUnknown', async () => {
      answer = (response) => response.socket?.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`)
      await withLink(config(), (link) => assert.rejects(link.deliver(anOutbound(), never), OutcomeUnknown))
    })

    it('calls an answer in another protocol OutcomeUnknown', async () => {
      answer = (response) => response.socket?.end('220 mail.example ESMTP\r\n')
      await withLink(config(), (link) => assert.rejects(link.deliver(anOutbound(), never), OutcomeUnknown))
    })

    it('calls a stopped delivery whose answer drips OutcomeUnknown', async () => {
      const stop = new AbortController()
      answer = (response) => response.write('{', () => stop.abort())
      await withLink(config(), (link) =>
        assert.rejects(link.deliver(anOutbound(), stop.signal), OutcomeUnknown),
      )
    })

    const probes: readonly (readonly [number, string, (error: unknown) => boolean])[] = [
      [401, 'Rejected credential', (error) => error instanceof Rejected && error.kind === 'credential'],
      [404, 'Rejected contract', (error) => error instanceof Rejected && error.kind === 'contract'],
      [302, 'Rejected contract', (error) => error instanceof Rejected && error.kind === 'contract'],
      [500, 'RetryLater', (error) => error instanceof RetryLater],
      [503, 'RetryLater', (error) => error instanceof RetryLater],
    ]
    for (const [status, words, expected] of probes) {
      it(`calls a probe of probePath that is answered ${status} ${words}`, async () => {
        answer = (response) => response.writeHead(status).end()
        await withLink({ ...config(), probePath: '/health' }, (link) =>
          assert.rejects(link.probe(never), expected),
        )
      })
    }

    it('probes by GET of probePath, without the identity of any message', async () => {
      const seen: unknown[] = []
      answer = (response, { method, url, headers }) => {
        seen.push([method, url, headers['idempotency-key']])
        response.end()
      }
      await withLink({ ...config(), probePath: '/health?deep=0' }, (link) => link.probe(never))
      assert.deepEqual(seen, [['GET', '/health?deep=0', undefined]])
    })

    it('takes any answer to OPTIONS as reached, but for a gateway that has lost its receiver', async () => {
      await withLink(config(), async (link) => {
        answer = (response) => response.writeHead(405).end()
        await link.probe(never)
        answer = (response) => response.writeHead(502).end()
        await assert.rejects(link.probe(never), RetryLater)
      })
    })
  })

  describe('over TLS', () => {
    it('calls a handshake that fails LinkLost', async () => {
      await withLink({ url: `https://127.0.0.1:${new URL(receiver.origin).port}/` }, (link) =>
        assert.rejects(link.deliver(anOutbound(), never), LinkLost),
      )
      assert.equal(receiver.arrivals.length, 0)
    })

    it('calls a connection that does not stand in time LinkLost', async () => {
      const mute = net.createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
      await once(mute, 'listening')
      const services = linkServices(readAnswer)
      let elapse: () => void = () => assert.fail('no time limit was set')
      const clock = {
        now: services.clock.now,
        after: (delayMs: number, callback: () => void) => {
          assert.equal(delayMs, 700)
          elapse = callback
          return { cancel() {} }
        },
      }
      const { port } = mute.address() as AddressInfo
      await withLink(
        { url: `https://127.0.0.1:${port}/`, connectTimeoutMs: 700 },
        async (link) => {
          const attempt = assert.rejects(
            link.deliver(anOutbound(), never),
            (error) => error instanceof LinkLost && /700 ms/.test(error.message),
          )
          await once(mute, 'connection')
          elapse()
          await attempt
        },
        { ...services, clock },
      )
      mute.close()
    })

    it('checks the certificate, and takes the authority that the config names', async () => {
      let arrived = 0
      const server = https
        .createServer(SELF_SIGNED, (request, response) => {
          request.resume().on('end', () => {
            arrived++
            response.end('{"code":"taken"}')
          })
        })
        .listen(0, '127.0.0.1')
      await once(server, 'listening')
      const url = `https://localhost:${(server.address() as AddressInfo).port}/`
      const services = linkServices(readAnswer, { PROVINCE_CA: SELF_SIGNED.cert })
      await withLink({ url }, (link) => assert.rejects(link.deliver(anOutbound(), never), LinkLost), services)
      assert.equal(arrived, 0)
      await withLink(
        { url, tls: { ca: { secret: 'PROVINCE_CA' } } },
        async (link) => {
          await link.deliver(anOutbound(), never)
          await link.deliver(anOutbound(), never)
        },
        services,
      )
      assert.equal(arrived, 2)
      server.close()
      server.closeAllConnections()
    })
  })
})
