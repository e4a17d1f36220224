import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../main.ts'
import { makeScan, type Scan, ScanError } from './scanner.ts'

/** Reads `zINSTREAM` as clamd does; the whole content, once its last length has come. */
function contentOf(received: Buffer): Buffer | undefined {
  const command = 'zINSTREAM\0'
  if (received.subarray(0, command.length).toString() !== command) return undefined
  const pieces: Buffer[] = []
  for (let at = command.length; at + 4 <= received.length; ) {
    const length = received.readUInt32BE(at)
    if (length === 0) return Buffer.concat(pieces)
    pieces.push(received.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return undefined
}

const patience = { clock: systemClock, timeoutMs: 1000 }

describe('a scanner that listens on a socket', () => {
  let folder: string
  let file: string
  let content: Buffer
  let server: Server
  let scan: Scan
  let answer: (content: Buffer, socket: Socket) => void
  let onBytes: (socket: Socket) => void
  const open = new Set<Socket>()

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-scan-'))
    file = join(folder, 'file')
    content = randomBytes(300_000)
    await writeFile(file, content)
    server = createServer((socket) => {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      socket.on('error', () => {})
      let received = Buffer.alloc(0)
      socket.on('data', (bytes: Buffer) => {
        onBytes(socket)
        received = Buffer.concat([received, bytes])
        const whole = contentOf(received)
        if (whole !== undefined) answer(whole, socket)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    scan = makeScan(`clamd:127.0.0.1:${(server.address() as AddressInfo).port}`, patience) as Scan
  })
  after(async () => {
    for (const socket of open) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    onBytes = () => {}
  })

  it('gets the file byte for byte, and is believed when it finds nothing', async () => {
    let seen: Buffer | undefined
    answer = (whole, socket) => {
      seen = whole
      socket.end('stream: OK\0')
    }
    assert.deepEqual(await scan(file), { clean: true })
    assert.ok(seen?.equals(content))
  })

  it('names what it finds', async () => {
    answer = (_whole, socket) => socket.end('stream: Win.Test.EICAR_HDB-1 FOUND\0')
    assert.deepEqual(await scan(file), { clean: false, finding: 'Win.Test.EICAR_HDB-1' })
  })

  it('may find something before it has read everything', async () => {
    answer = () => {}
    onBytes = (socket) => socket.write('stream: Early FOUND\0')
    assert.deepEqual(await scan(file), { clean: false, finding: 'Early' })
  })

  for (const [title, act] of [
    [
      'says that the file is too large for it',
      (socket: Socket) => socket.end('INSTREAM size limit exceeded. ERROR\0'),
    ],
    ['hangs up', (socket: Socket) => socket.end()],
    ['breaks off', (socket: Socket) => socket.resetAndDestroy()],
    ['says nothing any more', () => {}],
    ['never ends its answer', (socket: Socket) => socket.write('x'.repeat(10_000))],
  ] as const) {
    it(`is not believed, and nothing known, when it ${title}`, async () => {
      answer = (_whole, socket) => act(socket)
      await assert.rejects(scan(file), ScanError)
    })
  }

  it('is not believed when it calls clean what it has not read', async () => {
    answer = () => {}
    onBytes = (socket) => socket.resetAndDestroy()
    await assert.rejects(scan(file), ScanError)
  })

  it('is said to be away where nobody listens', async () => {
    await assert.rejects((makeScan('clamd:127.0.0.1:9', patience) as Scan)(file), ScanError)
    await assert.rejects((makeScan('command:/nowhere/scan', patience) as Scan)(file), ScanError)
  })
})
