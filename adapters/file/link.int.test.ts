import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { access, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { Readable } from 'node:stream'
import ssh2 from 'ssh2'
import type { Attachment, Link, Outbound } from '../../hub/contract/adapter.ts'
import {
  ConfigError,
  LinkLost,
  OutcomeUnknown,
  Rejected,
  RetryLater,
  StoreError,
} from '../../hub/contract/errors.ts'
import { anOutbound, linkServices } from '../conformance.ts'
import { unusedPort } from '../unused-port.ts'
import { freshFolder, sftpPlace } from './bench.ts'
import { file } from './file.ts'
import type { FileConfig } from './link.ts'
import { type ServerRequest, SftpServer, type Treatment } from './sftp-server.ts'

const never = new AbortController().signal
const NAME = `${anOutbound().messageId}.json`

function anAttachment(content: Uint8Array, change: Partial<Attachment> = {}): Attachment {
  return {
    fileId: `hub-file:sm3:${createHash('sm3').update(content).digest('hex')}`,
    name: '结果.ofd',
    contentType: 'application/ofd',
    size: content.length,
    open: async () => Readable.from([content.subarray(0, 10), content.subarray(10)]),
    ...change,
  }
}

async function exists(at: string): Promise<boolean> {
  return access(at).then(
    () => true,
    () => false,
  )
}

describe('a link to a folder', () => {
  let folder: string
  const links: Link[] = []

  beforeEach(async () => {
    folder = await freshFolder()
  })

  afterEach(async () => {
    for (const link of links.splice(0)) await link.close()
    await rm(folder, { recursive: true })
  })

  async function open(change: Partial<FileConfig> = {}): Promise<Link> {
    const link = await file.open(
      { place: { kind: 'local', folder }, ...change },
      linkServices(() => ({ verdict: 'unreadable' })),
    )
    links.push(link)
    return link
  }

  const at = (...names: string[]): string => path.join(folder, ...names)

  it('writes file and companions as the receiver wants them, and nothing else', async () => {
    const link = await open({
      folder: '{region}',
      name: '{sender}_{region}_{kind}_{yyyyMMdd}_{seq}.txt',
      digests: ['md5', 'sm3'],
      ok: true,
      companions: 'replace',
    })
    const hints = { sender: 'HUB', region: '411525', kind: 'BJ', seq: '0003' }
    const receipt = await link.deliver(anOutbound({ hints, body: Buffer.from('abc') }), never)
    // The id was issued on this day, Beijing time.
    const stem = 'HUB_411525_BJ_20250828_0003'
    assert.deepEqual(
      await readdir(at('411525')),
      ['md5', 'ok', 'sm3', 'txt'].map((each) => `${stem}.${each}`),
    )
    assert.equal(
      await readFile(at('411525', `${stem}.md5`), 'utf8'),
      `900150983cd24fb0d6963f7d28e17f72  ${stem}.txt\n`,
    )
    assert.match(await readFile(at('411525', `${stem}.sm3`), 'utf8'), /^66c7f0f462eeedd9/)
    assert.deepEqual(receipt, { reference: `411525/${stem}.txt` })
  })

  it('says duplicate where the same stands there, in the folder of what is done, or is acknowledged', async () => {
    const link = await open({ ok: true, doneFolder: 'done', ackExtension: 'ack' })
    await link.deliver(anOutbound(), never)
    assert.equal((await link.deliver(anOutbound(), never)).duplicate, true)
    await mkdir(at('done'))
    await rename(at(NAME), at('done', NAME))
    await rm(at(`${NAME}.ok`))
    assert.equal((await link.deliver(anOutbound(), never)).duplicate, true)
    assert.equal((await link.query?.(anOutbound(), never))?.duplicate, true)
    await rm(at('done', NAME))
    assert.equal(await link.query?.(anOutbound(), never), undefined)
    await writeFile(at(`${NAME}.ack`), '已接收')
    const receipt = await link.query?.(anOutbound(), never)
    assert.equal(Buffer.from(receipt?.answer ?? []).toString(), '已接收')
    assert.deepEqual(await readdir(folder), [`${NAME}.ack`, 'done'])
  })

  it('refuses to write over another content, which it leaves as it is', async () => {
    const link = await open({ doneFolder: 'done' })
    await writeFile(at(NAME), 'of somebody else')
    await assert.rejects(
      link.deliver(anOutbound(), never),
      (error) => error instanceof Rejected && error.kind === 'contract' && error.message.includes(NAME),
    )
    assert.equal(await link.query?.(anOutbound(), never), undefined)
    await mkdir(at('done'))
    await rename(at(NAME), at('done', NAME))
    await assert.rejects(link.deliver(anOutbound(), never), Rejected)
    assert.deepEqual(await readdir(folder), ['done'])
  })

  it('completes what an attempt left that ended between file and .ok', async () => {
    const link = await open({ ok: true, digests: ['md5'] })
    await writeFile(at(NAME), anOutbound().body)
    assert.equal(await link.query?.(anOutbound(), never), undefined)
    assert.deepEqual(await link.deliver(anOutbound(), never), { reference: NAME })
    assert.deepEqual(await readdir(folder), [NAME, `${NAME}.md5`, `${NAME}.ok`])
  })

  it('writes one file where two attempts of one message meet', async () => {
    const [one, other] = [await open({ ok: true }), await open({ ok: true })]
    const receipts = await Promise.all([
      ...Array.from({ length: 5 }, () => one.deliver(anOutbound(), never)),
      ...Array.from({ length: 5 }, () => other.deliver(anOutbound(), never)),
    ])
    assert.equal(receipts.length, 10)
    assert.deepEqual((await readdir(folder)).sort(), [NAME, `${NAME}.ok`])
  })

  it('puts attachments beside the file before its .ok, under names in Chinese', async () => {
    const link = await open({ ok: true })
    const content = Buffer.alloc(300_000, '附件')
    await link.deliver(anOutbound({ attachments: [anAttachment(content)] }), never)
    assert.deepEqual(await readFile(at('att', anOutbound().caseNo, '结果.ofd')), content)
    assert.deepEqual(await readdir(at('att', anOutbound().caseNo)), ['结果.ofd'])
    // Another message of the case with the same file: nothing is written twice.
    const again = anAttachment(content, { open: () => assert.fail('read for nothing') })
    await link.deliver(anOutbound({ messageId: 'second', attachments: [again] }), never)
  })

  it('refuses an attachment whose name is taken by another content, or is no name, and sends nothing', async () => {
    const link = await open({ ok: true })
    const beside = at('att', anOutbound().caseNo)
    await mkdir(beside, { recursive: true })
    await writeFile(path.join(beside, '结果.ofd'), 'abd')
    for (const attachment of [
      anAttachment(Buffer.from('abc')),
      anAttachment(Buffer.from('abc'), { name: '../../x' }),
    ])
      await assert.rejects(link.deliver(anOutbound({ attachments: [attachment] }), never), Rejected)
    assert.deepEqual(await readdir(folder), ['att'])
    assert.equal(await readFile(path.join(beside, '结果.ofd'), 'utf8'), 'abd')
  })

  for (const [title, attachment] of [
    [
      'is not what it should be',
      anAttachment(Buffer.from('abc'), { open: async () => Readable.from([Buffer.from('xyz')]) }),
    ],
    [
      'cannot be had',
      anAttachment(Buffer.from('abc'), {
        open: () => Promise.reject(new StoreError('STORE_UNAVAILABLE', 'away')),
      }),
    ],
  ] as const)
    it(`tries later where the hub's own copy of an attachment ${title}`, async () => {
      const link = await open({ ok: true })
      await assert.rejects(link.deliver(anOutbound({ attachments: [attachment] }), never), RetryLater)
      assert.equal(await exists(at(NAME)), false)
    })

  it('sweeps up what attempts left behind long ago, and nothing else', async () => {
    const old = '.a.json.0123456789abcdef.tmp'
    const young = '.b.json.0123456789abcdef.tmp'
    for (const name of [old, young, 'mine.tmp']) await writeFile(at(name), '')
    const weekAgo = Date.parse('2026-09-23T10:12:05+08:00') / 1000
    const now = Date.parse('2026-09-30T10:12:05+08:00') / 1000
    await utimes(at(old), weekAgo, weekAgo)
    await utimes(at('mine.tmp'), weekAgo, weekAgo)
    await utimes(at(young), now, now)
    await (await open()).deliver(anOutbound(), never)
    assert.deepEqual((await readdir(folder)).sort(), [young, NAME, 'mine.tmp'].sort())
  })

  it('calls a folder that has gone LinkLost, makes none, and goes on once it is back', async () => {
    const link = await open()
    await rename(folder, `${folder}-away`)
    await assert.rejects(link.deliver(anOutbound(), never), LinkLost)
    await assert.rejects(link.probe(never), LinkLost)
    assert.equal(await exists(folder), false)
    await rename(`${folder}-away`, folder)
    await link.deliver(anOutbound(), never)
  })
})

describe('a link to an SFTP server', function () {
  this.timeout(20_000)
  let folder: string
  let server: SftpServer
  const { private: privateKey } = ssh2.utils.generateKeyPairSync('ed25519')

  beforeEach(async () => {
    folder = await freshFolder()
    server = await new SftpServer(folder, privateKey).open()
  })

  afterEach(async () => {
    await server.quiet()
    await server.shut()
    await rm(folder, { recursive: true })
  })

  async function withLink<Result>(
    use: (link: Link) => Promise<Result>,
    change: Partial<FileConfig> = {},
    secrets: Readonly<Record<string, string>> = { FILE_PASSWORD: server.password },
  ): Promise<Result> {
    const link = await file.open(
      { place: sftpPlace(server), ok: true, ...change },
      linkServices(() => ({ verdict: 'unreadable' }), secrets),
    )
    try {
      return await use(link)
    } finally {
      await link.close()
    }
  }

  /** One request of a kind, on a file whose name ends so, is treated so; the others pass. */
  function once(what: ServerRequest['what'], ending: string, treatment: Treatment): void {
    let done = false
    server.treat = (request) => {
      if (done || request.what !== what || !(request.to ?? request.path).endsWith(ending)) return 'pass'
      done = true
      return treatment
    }
  }

  const table: readonly (readonly [string, ServerRequest['what'], string, Treatment, unknown, RegExp?])[] = [
    ['a cut while looking', 'stat', '.json', 'cut-before', LinkLost],
    ['a cut while writing the file', 'write', '.tmp', 'cut-before', RetryLater, /sees nothing/],
    ['a cut while the file gets its name, where .ok is still to come', 'rename', '.json', 'cut', RetryLater],
    ['a cut while .ok gets its name', 'rename', '.ok', 'cut', OutcomeUnknown],
    ['a cut before .ok gets its name', 'rename', '.ok', 'cut-before', OutcomeUnknown],
    [
      'a disk that is full',
      'write',
      '.tmp',
      { status: 4, words: 'No space left on device' },
      RetryLater,
      /No space/,
    ],
    ['a quota that is used up', 'write', '.tmp', { status: 15 }, RetryLater],
    ['a failure that says nothing', 'write', '.tmp', { status: 4 }, RetryLater],
    ['no right to create', 'open', '.tmp', { status: 3, words: 'Permission denied' }, Rejected, /rights/],
    ['no right to rename', 'rename', '.ok', { status: 3 }, Rejected],
  ]
  for (const [title, what, ending, treatment, outcome, words] of table)
    it(`calls ${title} ${(outcome as { name: string }).name}, and delivers on the next attempt`, async () => {
      await withLink(async (link) => {
        once(what, ending, treatment)
        await assert.rejects(link.deliver(anOutbound(), never), (error) => {
          assert.ok(error instanceof (outcome as typeof Error), String(error))
          assert.match(error.message, words ?? /./)
          if (error instanceof Rejected) assert.equal(error.kind, 'credential')
          return true
        })
        await link.deliver(anOutbound(), never)
        const names = (await readdir(folder)).filter((name) => !name.endsWith('.tmp'))
        assert.deepEqual(names, [NAME, `${NAME}.ok`])
        assert.deepEqual(await readFile(path.join(folder, NAME)), Buffer.from(anOutbound().body))
      })
    })

  it('tells by a query what an attempt of unknown outcome came to', async () => {
    await withLink(async (link) => {
      once('rename', '.ok', 'cut')
      await assert.rejects(link.deliver(anOutbound(), never), OutcomeUnknown)
      assert.equal((await link.query?.(anOutbound(), never))?.duplicate, true)
      once('rename', '.ok', 'cut-before')
      const second = anOutbound({ messageId: 'second' })
      await assert.rejects(link.deliver(second, never), OutcomeUnknown)
      assert.equal(await link.query?.(second, never), undefined)
    })
  })

  it('calls being stopped RetryLater while it writes, and leaves nothing behind', async () => {
    await withLink(async (link) => {
      const stop = new AbortController()
      server.treat = ({ what }) => {
        if (what === 'write') stop.abort()
        return 'pass'
      }
      const body = new Uint8Array(3_000_000)
      await assert.rejects(link.deliver(anOutbound({ body }), stop.signal), RetryLater)
      server.treat = () => 'pass'
      await link.deliver(anOutbound(), never)
      assert.deepEqual(await readdir(folder), [NAME, `${NAME}.ok`])
    })
  })

  it('calls a server that does not answer in time lost', async () => {
    const place = { ...sftpPlace(server), answerTimeoutMs: 100 }
    await withLink(
      async (link) => {
        once('rename', '.ok', 'mute')
        await assert.rejects(
          link.deliver(anOutbound(), never),
          (error) => error instanceof OutcomeUnknown && /100 ms/.test(error.message),
        )
        assert.equal((await link.deliver(anOutbound(), never)).duplicate, true)
      },
      { place },
    )
  })

  it('speaks to no server with another key', async () => {
    const place = { ...sftpPlace(server), hostKeys: [`SHA256:${'A'.repeat(43)}`] }
    await withLink(
      async (link) => {
        for (const attempt of [link.deliver(anOutbound(), never), link.probe(never)])
          await assert.rejects(
            attempt,
            (error) =>
              error instanceof Rejected &&
              error.kind === 'credential' &&
              error.message.includes(server.fingerprint),
          )
        assert.equal(server.sessions, 0)
      },
      { place },
    )
  })

  it('logs in with a key, and with nothing else then', async () => {
    const { password: _, ...place } = sftpPlace(server)
    const keyed = { place: { ...place, privateKey: { secret: 'KEY' } } }
    await withLink((link) => link.deliver(anOutbound(), never), keyed, { KEY: privateKey })
    const { private: strange } = ssh2.utils.generateKeyPairSync('ed25519')
    for (const key of [strange, 'no key at all'])
      await withLink(
        (link) =>
          assert.rejects(
            link.deliver(anOutbound(), never),
            (error) =>
              error instanceof Rejected &&
              error.kind === 'credential' &&
              !error.message.includes('no key at all'),
          ),
        keyed,
        { KEY: key },
      )
  })

  it('never repeats a password in what it says', async () => {
    await withLink(
      (link) =>
        assert.rejects(
          link.deliver(anOutbound(), never),
          (error) =>
            error instanceof Rejected &&
            error.kind === 'credential' &&
            !String(error.stack).includes('hunter2'),
        ),
      {},
      { FILE_PASSWORD: 'hunter2' },
    )
  })

  it('connects to allowed addresses only', async () => {
    const place = { ...sftpPlace(server), host: 'localhost', allowAddresses: ['10.41.0.0/16'] }
    await withLink((link) => assert.rejects(link.deliver(anOutbound(), never), LinkLost), { place })
    assert.equal(server.sessions, 0)
    for (const wrong of [{ host: '127.0.0.1' }, { allowAddresses: ['10.0.0.0/99'] }])
      await assert.rejects(
        withLink(async () => {}, { place: { ...place, ...wrong } }),
        ConfigError,
      )
  })

  for (const [title, greeting] of [
    ['says nothing', ''],
    ['is something else', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ] as const)
    it(`calls a server that ${title} LinkLost, and drops the connection`, async () => {
      const mute = net.createServer((socket) => {
        socket.on('error', () => {}).resume()
        if (greeting !== '') socket.end(greeting)
      })
      const port = await unusedPort()
      await new Promise<void>((resolve) => mute.listen(port, '127.0.0.1', resolve))
      await withLink((link) => assert.rejects(link.deliver(anOutbound(), never), LinkLost), {
        place: { ...sftpPlace(server), port, connectTimeoutMs: 200 },
      })
      await new Promise<void>((resolve) => mute.close(() => resolve()))
    })

  it('closes at once while it connects', async () => {
    const mute = net.createServer((socket) => socket.on('error', () => {}).resume())
    const port = await unusedPort()
    await new Promise<void>((resolve) => mute.listen(port, '127.0.0.1', resolve))
    const connected = new Promise((resolve) => mute.once('connection', resolve))
    // Longer than the test may take.
    await withLink(
      async (link) => {
        const attempt = assert.rejects(link.deliver(anOutbound(), never), LinkLost)
        await connected
        await link.close()
        await attempt
      },
      { place: { ...sftpPlace(server), port, connectTimeoutMs: 60_000 } },
    )
    await new Promise<void>((resolve) => mute.close(() => resolve()))
  })

  it('calls a folder that the server has not LinkLost', async () => {
    const place = { ...sftpPlace(server), folder: '/nowhere' }
    await withLink(
      async (link) => {
        await assert.rejects(link.deliver(anOutbound(), never), LinkLost)
        await assert.rejects(link.probe(never), LinkLost)
      },
      { place },
    )
  })

  it('carries a body of many pieces and an attachment whole', async () => {
    const body = Buffer.from(Array.from({ length: 700_001 }, (_, index) => index % 251))
    const message: Outbound = anOutbound({ body, attachments: [anAttachment(body)] })
    await withLink((link) => link.deliver(message, never), { folder: 'a/b' })
    assert.ok(body.equals(await readFile(path.join(folder, 'a/b', NAME))))
    assert.ok(body.equals(await readFile(path.join(folder, 'a/b/att', message.caseNo, '结果.ofd'))))
  })

  it('uses one connection, and another one after it was lost', async () => {
    await withLink(async (link) => {
      await Promise.all(['a', 'b', 'c'].map((messageId) => link.deliver(anOutbound({ messageId }), never)))
      assert.equal(server.sessions, 1)
      await server.shut()
      await assert.rejects(link.deliver(anOutbound({ messageId: 'd' }), never), LinkLost)
      await server.open()
      await link.deliver(anOutbound({ messageId: 'd' }), never)
      assert.equal(server.sessions, 2)
    })
  })
})
