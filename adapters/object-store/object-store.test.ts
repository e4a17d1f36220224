import assert from 'node:assert/strict'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContentStore } from '../../hub/contract/content-store.ts'
import { StoreError } from '../../hub/contract/errors.ts'
import { sendFile } from '../../hub/testing/file-client.ts'
import { openHub } from '../../hub/testing/running-hub.ts'
import { openObjectStore } from './object-store.ts'

const SECRET = 'secret of objects for tests only'

const hashOf = (algorithm: string, bytes: Uint8Array): string =>
  createHash(algorithm).update(bytes).digest('hex')

/** A store that speaks as much of S3 as this client uses, and believes nothing: signature, digest and length are checked. */
class ObjectServer {
  readonly objects = new Map<string, Buffer>()
  puts = 0
  /** Answers in place of the store. */
  behave: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => {
      if (this.behave?.(request, response)) return
      this.#answer(request, response).catch(() => response.destroy())
    })
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/bucket`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (status: number, code: string): void => {
      response.writeHead(status, { 'content-type': 'application/xml', connection: 'close' })
      response.end(request.method === 'HEAD' ? undefined : `<Error><Code>${code}</Code></Error>`)
    }
    if (!isSigned(request)) return refuse(403, 'SignatureDoesNotMatch')
    const name = request.url as string
    if (request.method === 'PUT') {
      this.puts += 1
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks)
      if (hashOf('sha256', body) !== request.headers['x-amz-content-sha256'])
        return refuse(400, 'XAmzContentSHA256Mismatch')
      this.objects.set(name, body)
      response.writeHead(200, { 'content-length': 0 }).end()
      return
    }
    const body = this.objects.get(name)
    if (body === undefined) return refuse(404, 'NoSuchKey')
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    const part = first === undefined ? body : body.subarray(Number(first), Number(last) + 1)
    response.writeHead(first === undefined ? 200 : 206, { 'content-length': part.length })
    response.end(request.method === 'HEAD' ? undefined : part)
  }
}

/** Written from the description of the scheme, not from the client; that both have it right the published example proves. */
function isSigned({ method, url, headers }: IncomingMessage): boolean {
  const [, scope = '', names = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=hub\/([^,]+),SignedHeaders=([^,]+),Signature=(\w+)$/.exec(
      headers.authorization ?? '',
    ) ?? []
  const lines = names.split(';').map((name) => `${name}:${headers[name]}\n`)
  const canonical = `${method}\n${url}\n\n${lines.join('')}\n${names}\n${headers['x-amz-content-sha256']}`
  const text = `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${scope}\n${hashOf('sha256', Buffer.from(canonical))}`
  const [date = '', region = '', service = ''] = scope.split('/')
  const hmac = (key: string | Buffer, value: string): Buffer =>
    createHmac('sha256', key).update(value).digest()
  const key = hmac(hmac(hmac(hmac(`AWS4${SECRET}`, date), region), service), 'aws4_request')
  return hmac(key, text).toString('hex') === signature
}

describe('an object store', function () {
  this.timeout(20_000)
  let server: ObjectServer
  let url: string
  let folder: string
  let contents: ContentStore
  const clock = { now: () => Date.now() }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-objects-'))
    server = new ObjectServer()
    url = await server.start()
    contents = openObjectStore({ url, key: { id: 'hub', secret: SECRET, region: 'us-east-1' }, clock })
  })
  afterEach(async () => {
    await contents.close()
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const aContent = async (bytes: Buffer = randomBytes(3_000_000)) => {
    const path = join(folder, 'part')
    await writeFile(path, bytes)
    return { path, bytes, sm3: hashOf('sm3', bytes), sha256: hashOf('sha256', bytes), size: bytes.length }
  }
  const read = async (sm3: string, range?: { first: number; last: number }): Promise<Buffer> =>
    Buffer.concat(await (await contents.open(sm3, range)).toArray())
  const isStoreError =
    (code: string) =>
    (error: unknown): boolean =>
      error instanceof StoreError && error.code === code

  it('takes a content once, under its SM3, and gives it back, whole and in parts', async () => {
    const { bytes, ...file } = await aContent()
    await contents.take(file)
    await contents.take(file)
    assert.equal(server.puts, 1)
    assert.deepEqual([...server.objects.keys()], [`/bucket/sm3/${file.sm3.slice(0, 2)}/${file.sm3}`])
    assert.ok((await read(file.sm3)).equals(bytes))
    assert.ok((await read(file.sm3, { first: 5, last: 14 })).equals(bytes.subarray(5, 15)))
    await contents.probe()
  })

  it('takes nothing, too', async () => {
    const { bytes, ...file } = await aContent(Buffer.alloc(0))
    await contents.take(file)
    assert.ok((await read(file.sm3)).equals(bytes))
  })

  it('says that a content is gone', async () => {
    await assert.rejects(contents.open('0'.repeat(64)), isStoreError('STORE_UNAVAILABLE'))
  })

  it('does not take what is damaged on its way', async () => {
    const { bytes: _bytes, ...file } = await aContent()
    await writeFile(file.path, randomBytes(file.size))
    await assert.rejects(contents.take(file), isStoreError('STORE_UNAVAILABLE'))
    assert.equal(server.objects.size, 0)
  })

  it('says that it has no room, that the key is wrong, and that nobody is there', async () => {
    const { bytes: _bytes, ...file } = await aContent()
    server.behave = ({ method }, response) => {
      if (method !== 'PUT') return false
      response.writeHead(507, { connection: 'close' }).end('<Error><Code>XMinioStorageFull</Code></Error>')
      return true
    }
    await assert.rejects(contents.take(file), isStoreError('STORE_FULL'))
    server.behave = undefined

    const stranger = openObjectStore({ url, key: { id: 'hub', secret: 'other', region: 'us-east-1' }, clock })
    await assert.rejects(stranger.probe(), isStoreError('STORE_UNAVAILABLE'))
    await assert.rejects(stranger.take(file), isStoreError('STORE_UNAVAILABLE'))
    await stranger.close()

    await server.stop()
    await assert.rejects(contents.take(file), isStoreError('STORE_UNAVAILABLE'))
    await assert.rejects(contents.probe(), isStoreError('STORE_UNAVAILABLE'))
    server = new ObjectServer()
    await server.start()
  })

  it('does not pass half a content off as a whole', async () => {
    const { bytes: _bytes, ...file } = await aContent()
    await contents.take(file)
    server.behave = (_request, response) => {
      response.writeHead(200, { 'content-length': file.size })
      response.write(Buffer.alloc(1000), () => response.destroy())
      return true
    }
    await assert.rejects(read(file.sm3))
    server.behave = (_request, response) => {
      response.writeHead(206, { 'content-length': 3 }).end('abc')
      return true
    }
    await assert.rejects(read(file.sm3, { first: 0, last: 9 }), isStoreError('STORE_UNAVAILABLE'))
  })

  it('keeps the files of a hub that is told so', async () => {
    const environment = { HUB_FILES_S3_URL: url, HUB_FILES_S3_SECRET: SECRET }
    const hub = await openHub({ partnersUrl: 'http://127.0.0.1:9', dataDir: folder, environment })
    try {
      const bytes = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(100_000)])
      const sm3 = hashOf('sm3', bytes)
      const put = () =>
        sendFile(hub, {
          system: 'city-411300',
          method: 'PUT',
          path: '/v1/files?name=a.pdf&type=application/pdf',
          digest: sm3,
          body: [bytes],
        })
      server.behave = (_request, response) => {
        response.writeHead(503, { connection: 'close' }).end()
        return true
      }
      assert.equal((await put())?.status, 503)
      server.behave = undefined
      assert.equal((await put())?.status, 201)
      const answer = await sendFile(hub, { system: 'city-411300', method: 'GET', path: `/v1/files/${sm3}` })
      assert.ok(answer?.bytes.equals(bytes))
    } finally {
      await hub.stop()
    }
  })
})
