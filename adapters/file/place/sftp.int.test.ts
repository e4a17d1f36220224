import assert from 'node:assert/strict'
import iconv from 'iconv-lite'
import { LinkLost, OutcomeUnknown } from '../../../hub/contract/errors.ts'
import { anOutbound, linkServices } from '../../conformance.ts'
import { listenServices, taken } from '../../listener-conformance.ts'
import { file } from '../file.ts'
import { until } from '../inbox-bench.ts'
import type { Place } from './place.ts'
import { PlaceError } from './place.ts'
import { ScriptedServer } from './scripted-server.ts'
import { openSftp } from './sftp.ts'

const never = new AbortController().signal

/** The path as the server has it: its bytes in GBK, each a character of Latin-1. */
const gbk = (path: string): string => iconv.encode(path, 'gbk').toString('latin1')

describe('a server whose names are bytes', function () {
  this.timeout(20_000)
  let server: ScriptedServer
  let port: number

  beforeEach(async () => {
    server = new ScriptedServer()
    port = await server.open()
  })

  afterEach(() => server.shut())

  const place = () =>
    ({
      kind: 'sftp',
      host: '127.0.0.1',
      port,
      user: 'hub',
      password: { secret: 'FILE_PASSWORD' },
      hostKeys: [server.fingerprint],
      folder: '/in',
      nameCharset: 'gbk',
    }) as const

  const services = () => linkServices(() => ({ verdict: 'unreadable' }), { FILE_PASSWORD: 'x' })

  it('is written to in its own character set', async () => {
    const link = await file.open({ place: place(), name: '办结_{sequence}.json', ok: true }, services())
    await link.deliver(anOutbound(), never)
    assert.deepEqual(
      [...server.files.keys()].sort(),
      [gbk('/in/办结_1.json'), gbk('/in/办结_1.json.ok')].sort(),
    )
    assert.deepEqual(server.files.get(gbk('/in/办结_1.json')), Buffer.from(anOutbound().body))
    assert.equal((await link.deliver(anOutbound(), never)).duplicate, true)
    await link.close()
  })

  it('is read in its own character set, and what is none of it left alone', async () => {
    server.files.set(gbk('/in/办结.json'), Buffer.from('{}'))
    server.files.set(gbk('/in/办结.json.ok'), Buffer.alloc(0))
    server.files.set('/in/\xff\xff.json', Buffer.from('{}'))
    const warnings: string[] = []
    const given = listenServices(
      async (inbound) => taken(inbound),
      { mount: () => () => {} },
      { FILE_PASSWORD: 'x' },
    )
    const listener = await file.listen(
      { place: place(), names: ['办*.json'], pollMs: 20 },
      { ...given, log: { ...given.log, warn: (details) => warnings.push(JSON.stringify(details)) } },
    )
    await until('it is put away', () => server.files.has(gbk('/in/done/办结.json')))
    await listener.close()
    assert.ok(server.files.has('/in/\xff\xff.json'))
    assert.deepEqual(
      warnings.map((each) => each.includes('\\\\xff\\\\xff.json')),
      [true],
    )
  })

  describe('and whose answers are wrong', () => {
    let place: Place
    let handles = 0

    beforeEach(() => {
      server.files.set('/in/a', Buffer.from('content'))
      place = openSftp({
        host: '127.0.0.1',
        port,
        user: 'hub',
        password: 'x',
        hostKeys: [server.fingerprint],
        folder: '/in',
        nameCharset: 'utf-8',
        allowsHost: () => true,
        lookup: () => assert.fail('an address is not looked up'),
        connectTimeoutMs: 5_000,
        answerTimeoutMs: 500,
        keepAliveMs: 0,
        clock: services().clock,
      })
      handles = 0
    })

    afterEach(() => place.close())

    const table: readonly (readonly [string, (id: Buffer) => Buffer])[] = [
      ['an answer of another kind', (id) => Buffer.concat([Buffer.of(103), id, Buffer.of(0, 0, 0, 0)])],
      ['an answer that ends too soon', (id) => Buffer.concat([Buffer.of(105), id, Buffer.of(0, 0, 0, 1)])],
      ['an answer to nobody', () => Buffer.of(105, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)],
      ['an answer with nothing in it', () => Buffer.alloc(0)],
      ['an answer without end', () => Buffer.alloc(400_000)],
    ]
    for (const [title, wrong] of table)
      it(`calls ${title} a lost connection, and opens another one`, async () => {
        let once = true
        server.script = (type, id) => {
          if (type !== 7 || !once) return undefined
          once = false
          return wrong(id)
        }
        await assert.rejects(place.stat('a'), (error) => error instanceof PlaceError && error.kind === 'lost')
        assert.equal((await place.stat('a'))?.size, 7)
      })

    it('does not take a listing for more than it says', async () => {
      server.script = (type, id) => {
        if (type !== 12 || handles++ > 0) return undefined
        return Buffer.concat([Buffer.of(104), id, Buffer.of(0xff, 0xff, 0xff, 0xff)])
      }
      await assert.rejects(place.list(''), (error) => error instanceof PlaceError && error.kind === 'lost')
    })

    it('does not read on where a server sends nothing for ever', async () => {
      server.script = (type, id) =>
        type === 5 ? Buffer.concat([Buffer.of(103), id, Buffer.alloc(4)]) : undefined
      await assert.rejects(
        place.read('a').next(),
        (error) => error instanceof PlaceError && error.kind === 'lost',
      )
      server.script = (type, id) =>
        type === 12 ? Buffer.concat([Buffer.of(104), id, Buffer.alloc(4)]) : undefined
      assert.deepEqual((await place.list('')).entries, [])
    })

    it('believes no failure that is a success in words', async () => {
      server.script = (type, id) =>
        type === 18 ? Buffer.concat([Buffer.of(101), id, Buffer.of(0, 0, 0, 4)]) : undefined
      await assert.rejects(
        place.rename('a', 'b'),
        (error) => error instanceof PlaceError && error.kind === 'failed',
      )
      assert.deepEqual(
        (await place.list('')).entries.map(({ name }) => name),
        ['a'],
      )
    })
  })

  it('calls a server that does not know its own protocol LinkLost before, OutcomeUnknown in the end', async () => {
    const link = await file.open({ place: { ...place(), answerTimeoutMs: 500 } }, services())
    server.script = (type) => (type === 1 ? Buffer.of(101, 0, 0, 0, 0) : undefined)
    await assert.rejects(link.deliver(anOutbound(), never), LinkLost)
    server.script = (type, id) =>
      type === 18 ? Buffer.concat([Buffer.of(105), id, Buffer.alloc(4)]) : undefined
    await assert.rejects(link.deliver(anOutbound(), never), OutcomeUnknown)
    await link.close()
  })
})
