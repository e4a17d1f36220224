/** A file far larger than the memory it may take, through a hub in a process of its own. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createCipheriv, createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FileAnswer, sendFile } from '../testing/file-client.ts'
import { environmentOf, type RunningHub } from '../testing/running-hub.ts'

const MIB = 1024 * 1024
const SIZE = 200 * MIB
const CITY = 'city-411300'

/** Bytes that cannot be compressed, the same every time, never all in memory. */
function* content(from = 0): Generator<Buffer> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16, 9))
  for (let at = 0; at < SIZE; at += MIB) {
    const chunk = cipher.update(Buffer.alloc(MIB))
    if (at === 0) chunk.write('%PDF-1.7\n', 'latin1')
    if (at + MIB > from) yield chunk.subarray(Math.max(0, from - at))
  }
}

function digestOf(from = 0): string {
  const hash = createHash('sm3')
  for (const chunk of content(from)) hash.update(chunk)
  return hash.digest('hex')
}

interface HubProcess extends Pick<RunningHub, 'address' | 'keyOf'> {
  readonly child: ChildProcess
}

/** `fileBlocks`: the largest file that the process may write, in KiB; writing on is an error to it, as on a full disk. */
async function startProcess(dataDir: string, fileBlocks?: number): Promise<HubProcess> {
  const { variables, keyOf } = environmentOf({
    partnersUrl: 'http://127.0.0.1:9',
    dataDir,
    environment: { HUB_LOG_LEVEL: 'info' },
  })
  const cli = new URL('../cli.ts', import.meta.url).pathname
  const command = [process.execPath, '--max-old-space-size=128', cli, 'serve']
  const limited = `trap '' XFSZ; ulimit -f ${fileBlocks}; exec "$@"`
  const [program = '', ...rest] =
    fileBlocks === undefined ? command : ['bash', '-c', limited, '-', ...command]
  const child = spawn(program, rest, {
    env: { PATH: process.env.PATH, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    let printed = ''
    child.stdout?.on('data', (bytes: Buffer) => {
      printed = (printed + bytes.toString()).slice(-65_536)
      const found = /"address":"([^"]+)"/.exec(printed)
      if (found !== null) resolve(found[1] as string)
    })
    child.once('exit', () => reject(new Error(`the hub did not start: ${printed}`)))
  })
  return { child, address, keyOf }
}

async function end({ child }: HubProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const over = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill(signal)
  await over
}

/** The most memory that the process ever had, bytes; undefined where the system does not tell. */
async function peakOf({ child }: HubProcess): Promise<number | undefined> {
  const file = `/proc/${child.pid}/status`
  if (!existsSync(file)) return undefined
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(file, 'utf8')) ?? []
  return Number(kib) * 1024
}

describe('a file of 200 MiB', function () {
  this.timeout(180_000)
  let folder: string
  let hub: HubProcess

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-'))
    hub = await startProcess(folder)
  })
  after(async () => {
    await end(hub, 'SIGTERM')
    await rm(folder, { recursive: true, force: true })
  })

  const put = (query: Record<string, string>, digest: string, from: number, cutAfter?: number) =>
    sendFile(hub, {
      system: CITY,
      method: 'PUT',
      path: `/v1/files?${new URLSearchParams({ name: '竣工图.pdf', type: 'application/pdf', ...query })}`,
      digest,
      body: content(from),
      headers: { 'content-length': SIZE - from },
      ...(cutAfter === undefined ? {} : { cutAfter }),
    })
  const received = async (digest: string): Promise<number> => {
    const path = `/v1/files?digest=${digest}`
    return (await sendFile(hub, { system: CITY, method: 'GET', path }))?.json.received
  }

  it('survives a cut and a killed hub, is read whole and from the middle, and never sits in memory', async () => {
    const digest = digestOf()
    const before = await peakOf(hub)

    assert.equal(await put({}, digest, 0, 90 * MIB), undefined)
    const afterCut = await received(digest)
    assert.ok(afterCut > 45 * MIB && afterCut <= 90 * MIB, `${afterCut} bytes are there after the cut`)

    const whole = { digest, length: String(SIZE) }
    const rest = digestOf(afterCut)
    assert.equal(await put({ ...whole, offset: String(afterCut) }, rest, afterCut, 60 * MIB), undefined)
    await end(hub, 'SIGKILL')
    hub = await startProcess(folder)
    const afterKill = await received(digest)
    assert.ok(afterKill > afterCut, 'the killed hub has kept what had come')

    const last = await put({ ...whole, offset: String(afterKill) }, digestOf(afterKill), afterKill)
    assert.equal(last?.status, 201)
    assert.equal(last.json.file.id, `hub-file:sm3:${digest}`)
    assert.deepEqual(await readdir(join(folder, 'files', 'parts', CITY)), [])

    const read = createHash('sm3')
    const ask = (headers: Record<string, string>, onBytes: (bytes: Buffer) => void) =>
      sendFile(hub, { system: CITY, method: 'GET', path: `/v1/files/${digest}`, headers, onBytes })
    const answer = (await ask({}, (bytes) => read.update(bytes))) as FileAnswer
    assert.equal(answer.headers['content-length'], String(SIZE))
    assert.equal(read.digest('hex'), digest)
    const tail = createHash('sm3')
    await ask({ range: `bytes=${150 * MIB}-` }, (bytes) => tail.update(bytes))
    assert.equal(tail.digest('hex'), digestOf(150 * MIB))

    const after = await peakOf(hub)
    // Half of the file; what it really takes is pieces of 64 KiB, and as much garbage of them as the collector lets lie.
    if (before !== undefined && after !== undefined)
      assert.ok(after - before < SIZE / 2, `the peak grew by ${Math.round((after - before) / MIB)} MiB`)
  })
})

describe('a disk that has no room for a file', function () {
  this.timeout(60_000)
  let folder: string
  let hub: HubProcess

  before(async function () {
    if (process.platform === 'win32') this.skip()
    folder = await mkdtemp(join(tmpdir(), 'hub-'))
    hub = await startProcess(folder, 16 * 1024)
  })
  after(async () => {
    if (folder === undefined) return
    await end(hub, 'SIGTERM')
    await rm(folder, { recursive: true, force: true })
  })

  it('is said in clear words, half a file is not left behind, and smaller ones still go', async () => {
    const put = (size: number) => {
      const bytes = Buffer.alloc(size, 'x')
      bytes.write('%PDF-1.7')
      return sendFile(hub, {
        system: CITY,
        method: 'PUT',
        path: '/v1/files?name=a.pdf&type=application/pdf',
        digest: createHash('sm3').update(bytes).digest('hex'),
        body: [bytes],
        headers: { 'content-length': size },
      })
    }
    const refused = await put(20 * MIB)
    assert.equal(refused?.status, 507)
    assert.equal(refused.json.code, 'FILE_STORE_FULL')
    assert.deepEqual(await readdir(join(folder, 'files', 'parts', CITY)), [])
    assert.equal((await put(MIB))?.status, 201)
  })
})
