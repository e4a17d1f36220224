/** The proxy between a real client and a real server: what each side sees of every kind of trouble. */
import assert from 'node:assert/strict'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type ChooseTreatment,
  type FaultProxy,
  openFaultProxy,
  scripted,
  seededTreatments,
  type Treatment,
} from './fault-proxy.ts'
import { seededChance } from './time.ts'

const BODY = 'x'.repeat(2_000)

interface Bench {
  readonly proxy: FaultProxy
  /** Complete requests that reached the server. */
  readonly served: () => number
  /** Answers the body of the answer, or the code of the error that the client saw. */
  ask(): Promise<string>
  close(): Promise<void>
}

async function openBench(choose: ChooseTreatment): Promise<Bench> {
  let served = 0
  const server = createServer((incoming, response) => {
    let size = 0
    incoming.on('data', (piece: Buffer) => {
      size += piece.length
    })
    incoming.on('error', () => undefined)
    incoming.on('end', () => {
      served++
      response.end(`took ${size}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const proxy = await openFaultProxy({ target: () => ({ host: '127.0.0.1', port }), choose })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return {
    proxy,
    served: () => served,
    ask: () =>
      new Promise((resolve) => {
        const lost = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message)
        const asked = request(proxy.address, { method: 'POST', agent }, (answer) => {
          let text = ''
          answer.setEncoding('utf8')
          answer.on('data', (piece: string) => {
            text += piece
          })
          answer.on('error', lost)
          answer.on('end', () => resolve(text))
        })
        asked.on('error', lost)
        asked.end(BODY)
      }),
    close: async () => {
      agent.destroy()
      await proxy.close()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

async function withBench(treatments: readonly Treatment[], test: (bench: Bench) => Promise<void>) {
  const bench = await openBench(scripted(treatments))
  try {
    await test(bench)
  } finally {
    await bench.close()
  }
}

const TAKEN = `took ${BODY.length}`

describe('fault proxy', () => {
  it('passes every byte where there is no trouble, over one connection', () =>
    withBench([undefined, { kind: 'reset', afterBytes: 0, exchange: 1 }], async ({ ask }) => {
      assert.deepEqual([await ask(), await ask(), await ask()], [TAKEN, TAKEN, TAKEN])
    }))

  it('cuts and resets within the request, so that the server never has all of it', () =>
    withBench(
      [
        { kind: 'cut', afterBytes: 1_000, exchange: 1 },
        { kind: 'reset', afterBytes: 1_000, exchange: 1 },
      ],
      async ({ ask, served, proxy }) => {
        assert.equal(await ask(), 'ECONNRESET')
        assert.equal(await ask(), 'ECONNRESET')
        assert.equal(served(), 0)
        assert.equal(await ask(), TAKEN)
        assert.deepEqual(proxy.counts(), { cut: 1, reset: 1, truncate: 0, 'lose-answer': 0, delay: 0 })
      },
    ))

  it('truncates the answer to a request that was served', () =>
    withBench([{ kind: 'truncate', afterBytes: 40, exchange: 1 }], async ({ ask, served }) => {
      assert.notEqual(await ask(), TAKEN)
      assert.equal(served(), 1)
    }))

  it('loses the answer only after the server has begun it, in the exchange that was named', () =>
    withBench([{ kind: 'lose-answer', exchange: 3 }], async ({ ask, served }) => {
      assert.deepEqual([await ask(), await ask()], [TAKEN, TAKEN])
      assert.equal(served(), 2)
      assert.equal(await ask(), 'ECONNRESET')
      assert.equal(served(), 3)
      assert.equal(await ask(), TAKEN)
    }))

  it('holds words back and then passes all of them', () =>
    withBench([{ kind: 'delay', delayMs: 30, exchange: 1 }], async ({ ask, proxy }) => {
      const from = performance.now()
      assert.equal(await ask(), TAKEN)
      assert.ok(performance.now() - from >= 29)
      assert.equal(proxy.counts().delay, 1)
    }))

  it('lets everything pass once it is calm, on standing connections too', () =>
    withBench([{ kind: 'lose-answer', exchange: 2 }], async ({ ask, proxy }) => {
      assert.equal(await ask(), TAKEN)
      proxy.calm()
      assert.equal(await ask(), TAKEN)
      assert.equal(proxy.counts()['lose-answer'], 0)
    }))

  it('resets standing connections and new ones while the receiver is away, and lets them pass when it is back', () =>
    withBench([], async ({ ask, proxy, served }) => {
      assert.equal(await ask(), TAKEN)
      proxy.down()
      assert.deepEqual([await ask(), await ask()], ['ECONNRESET', 'ECONNRESET'])
      assert.equal(served(), 1)
      proxy.up()
      assert.equal(await ask(), TAKEN)
    }))

  it('resets the caller where nobody listens behind it', async () => {
    const proxy = await openFaultProxy({
      target: () => ({ host: '127.0.0.1', port: 1 }),
      choose: scripted([]),
    })
    const seen = await new Promise((resolve) => {
      request(proxy.address, () => resolve('answered'))
        .on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
        .end()
    })
    await proxy.close()
    await proxy.close()
    assert.equal(seen, 'ECONNRESET')
  })

  it('chooses the same trouble from the same seed, and every kind in the long run', () => {
    const draw = (seed: number): Treatment[] => {
      const choose = seededTreatments(seededChance(seed), 20)
      return Array.from({ length: 200 }, choose)
    }
    assert.deepEqual(draw(7), draw(7))
    assert.notDeepEqual(draw(7), draw(8))
    assert.deepEqual([...new Set(draw(7).map((treatment) => treatment?.kind))].sort(), [
      'cut',
      'delay',
      'lose-answer',
      'reset',
      'truncate',
    ])
  })
})
