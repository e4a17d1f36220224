import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type FileRequest, sendFile } from '../testing/file-client.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const CITY = 'city-411300'
const OTHER = 'city-410100'

/** Of a test's own, so that tests may share a hub. */
function aPdf(): Buffer {
  return Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(5000)])
}

const sm3 = (bytes: Uint8Array): string => createHash('sm3').update(bytes).digest('hex')
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe('/v1/files', function () {
  this.timeout(30_000)
  let partners: Partners
  let shared: { readonly hub: RunningHub; readonly folder: string }
  let folder: string
  let hub: RunningHub
  let PDF: Buffer

  const ownFolder = async (): Promise<string> => {
    if (folder === shared.folder) folder = await mkdtemp(join(tmpdir(), 'hub-'))
    return folder
  }
  /** A hub of the test's own, on a folder of its own; called again, on the same folder. */
  const openOwn = async (environment: Readonly<Record<string, string>> = {}): Promise<void> => {
    await ownFolder()
    hub = await openHub({ partnersUrl: partners.url, dataDir: folder, environment })
  }
  const ask = (wanted: Partial<FileRequest> & Pick<FileRequest, 'method' | 'path'>) =>
    sendFile(hub, { system: CITY, ...wanted })

  interface Sent {
    readonly system?: string
    readonly name?: string
    readonly type?: string
    readonly digest?: string
    readonly cutAfter?: number
  }
  const put = async (bytes: Uint8Array, sent: Sent = {}) => {
    const { name = '审查表.pdf', type = 'application/pdf', digest = sm3(bytes), ...rest } = sent
    const path = `/v1/files?name=${encodeURIComponent(name)}&type=${encodeURIComponent(type)}`
    const headers = { 'content-length': bytes.length }
    const answer = await ask({ ...rest, method: 'PUT', path, body: [bytes], digest, headers })
    return answer as NonNullable<typeof answer>
  }
  const putPiece = async (whole: Uint8Array, from: number, to: number, sent: Sent = {}) => {
    const piece = whole.subarray(from, to)
    const query = new URLSearchParams({
      name: '审查表.pdf',
      type: 'application/pdf',
      digest: sm3(whole),
      offset: String(from),
      length: String(whole.length),
    })
    const { digest = sm3(piece), ...rest } = sent
    const answer = await ask({ ...rest, method: 'PUT', path: `/v1/files?${query}`, body: [piece], digest })
    return answer as NonNullable<typeof answer>
  }
  const progress = async (bytes: Uint8Array, method = 'GET') => {
    const answer = await ask({ method, path: `/v1/files?digest=${sm3(bytes)}` })
    return answer as NonNullable<typeof answer>
  }
  /** A turn of the hub that touches nothing of the test. */
  const progressOfOther = () => progress(Buffer.from('other'))
  const get = async (
    path: string,
    system: string,
    headers: Readonly<Record<string, string>> = {},
    method = 'GET',
  ) => {
    const answer = await ask({ system, method, path, headers })
    return answer as NonNullable<typeof answer>
  }
  /** What the audit log has about a content. */
  const audits = (action: string, bytes: Uint8Array = PDF): { actor: string; details: object }[] => {
    const database = new DatabaseSync(join(folder, 'hub.sqlite'), { readOnly: true })
    try {
      const rows = database
        .prepare('select * from audit where action = ? and subject = ? order by position')
        .all(action, sm3(bytes))
      return rows.map(({ actor, details }) => ({
        actor: actor as string,
        details: JSON.parse(details as string),
      }))
    } finally {
      database.close()
    }
  }
  /** What stands on the disk under a digest: the file, a part of it. */
  const onDisk = async (digest = sm3(PDF)): Promise<string[]> => {
    const entries = await readdir(join(folder, 'files'), { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile() && entry.name.startsWith(digest)).map(({ name }) => name)
  }

  before(async () => {
    partners = await openPartners()
    const dataDir = await mkdtemp(join(tmpdir(), 'hub-'))
    shared = { hub: await openHub({ partnersUrl: partners.url, dataDir }), folder: dataDir }
  })
  after(async () => {
    await shared.hub.stop()
    await rm(shared.folder, { recursive: true, force: true })
    await partners.stop()
  })
  beforeEach(() => {
    ;({ hub, folder } = shared)
    PDF = aPdf()
  })
  afterEach(async () => {
    if (folder === shared.folder) return
    await hub.stop()
    await rm(folder, { recursive: true, force: true })
  })

  describe('handing in', () => {
    it('answers what a message needs to refer to the file, with both digests', async () => {
      const answer = await put(PDF)
      assert.equal(answer.status, 201)
      assert.equal(answer.headers.location, `/v1/files/${sm3(PDF)}`)
      assert.deepEqual(answer.json, {
        received: PDF.length,
        complete: true,
        file: {
          id: `hub-file:sm3:${sm3(PDF)}`,
          name: '审查表.pdf',
          mediaType: 'application/pdf',
          size: PDF.length,
          digest: { algorithm: 'sm3', value: sm3(PDF) },
          sha256: sha256(PDF),
        },
      })
      assert.deepEqual(audits('file.stored'), [
        {
          actor: CITY,
          details: { size: PDF.length, mediaType: 'application/pdf' },
        },
      ])
    })

    it('keeps the same bytes once, whoever sends them, and leaves no part behind', async () => {
      assert.equal((await put(PDF)).status, 201)
      assert.equal((await put(PDF)).status, 200)
      assert.equal((await put(PDF, { system: OTHER, name: '另名.pdf' })).status, 201)
      assert.deepEqual(await onDisk(), [sm3(PDF)])
      assert.equal(audits('file.stored').length, 2)
    })

    it('takes the digest of the whole with its algorithm before it, or bare', async () => {
      await put(PDF)
      for (const digest of [sm3(PDF), `sm3:${sm3(PDF)}`, `sha256:${sha256(PDF)}`, `sm3%3A${sm3(PDF)}`]) {
        const answer = await ask({ method: 'GET', path: `/v1/files?digest=${digest}` })
        assert.equal(answer?.json.complete, true, digest)
      }
      for (const digest of [`md5:${sm3(PDF)}`, `sm3:${sm3(PDF)}0`, 'sm3:'])
        assert.equal((await ask({ method: 'GET', path: `/v1/files?digest=${digest}` }))?.status, 400, digest)
    })

    it('does not tell a system that another has handed the file in', async () => {
      await put(PDF, { system: OTHER })
      assert.deepEqual((await progress(PDF)).json, { received: 0, complete: false })
    })

    it('keeps nothing of a body that has not the digest that was signed', async () => {
      const other = sm3(aPdf())
      const answer = await put(PDF, { digest: other })
      assert.equal(answer.status, 422)
      assert.equal(answer.json.code, 'FILE_DIGEST')
      assert.equal((await ask({ method: 'GET', path: `/v1/files?digest=${other}` }))?.json.received, 0)
      assert.deepEqual(await onDisk(), [])
      assert.equal(audits('file.stored').length, 0)
    })

    it('refuses a signature over another digest before it reads anything', async () => {
      const answer = await ask({
        method: 'PUT',
        path: '/v1/files?name=a.pdf&type=application/pdf',
        body: [PDF],
        headers: { 'x-hub-digest': sm3(PDF), 'content-length': PDF.length },
      })
      assert.equal(answer?.status, 401)
      assert.deepEqual(await onDisk(), [])
    })

    it('refuses what is too large, by its announced length and by its bytes', async () => {
      await openOwn({ HUB_FILES_MAX_BYTES: '4096' })
      const announced = await put(PDF)
      assert.equal(announced.status, 413)
      assert.equal(announced.json.limitBytes, 4096)
      const path = '/v1/files?name=a.pdf&type=application/pdf'
      const chunked = await ask({ method: 'PUT', path, body: [PDF], digest: sm3(PDF) })
      assert.equal(chunked?.json.code, 'FILE_TOO_LARGE')
      assert.deepEqual(await onDisk(), [])
    })

    for (const [title, bytes, type] of [
      ['of a type that is not taken', aPdf(), 'application/x-msdownload'],
      ['whose first bytes are of another type', Buffer.from('PK\u0003\u0004 and more'), 'application/pdf'],
      ['that is a program, whatever it is called', Buffer.from('MZ and more of it'), 'text/plain'],
    ] as const) {
      it(`refuses a file ${title}`, async () => {
        const answer = await put(bytes, { type })
        assert.equal(answer.status, 415)
        assert.equal(answer.json.code, 'FILE_TYPE')
        assert.deepEqual(await onDisk(sm3(bytes)), [])
      })
    }

    for (const name of ['', 'a/b.pdf', 'a\\b.pdf', 'a\nb.pdf', 'x'.repeat(256)]) {
      it(`refuses the name ${JSON.stringify(name.slice(0, 20))}`, async () => {
        assert.equal((await put(PDF, { name })).json.code, 'REQUEST_PARAMETER')
      })
    }

    it('refuses where the disk would have less room than has to stay free', async () => {
      await openOwn({ HUB_FILES_KEEP_FREE_BYTES: String(2 ** 50) })
      const answer = await put(PDF)
      assert.equal(answer.status, 507)
      assert.equal(answer.json.code, 'FILE_STORE_FULL')
      assert.deepEqual(await onDisk(), [])
    })

    it('lets no operator hand anything in', async () => {
      assert.equal((await put(PDF, { system: 'duty-operator' })).json.code, 'OPERATION_NOT_ALLOWED')
    })
  })

  describe('pieces', () => {
    it('puts pieces together, each compared with its own digest, the whole with the whole', async () => {
      const first = await putPiece(PDF, 0, 2000)
      assert.equal(first.status, 202)
      assert.equal(first.headers['upload-offset'], '2000')
      assert.deepEqual(first.json, { received: 2000, complete: false })
      assert.equal((await progress(PDF, 'HEAD')).headers['upload-offset'], '2000')
      const last = await putPiece(PDF, 2000, PDF.length)
      assert.equal(last.status, 201)
      assert.equal(last.json.file.id, `hub-file:sm3:${sm3(PDF)}`)
      assert.deepEqual(await onDisk(), [sm3(PDF)])
    })

    it('takes a piece again whose answer was lost, the last one too', async () => {
      await putPiece(PDF, 0, 2000)
      assert.equal((await putPiece(PDF, 0, 2000)).json.received, 2000)
      await putPiece(PDF, 2000, PDF.length)
      const again = await putPiece(PDF, 2000, PDF.length)
      assert.equal(again.status, 200)
      assert.equal(again.json.complete, true)
    })

    it('says where to go on when bytes are missing in between', async () => {
      await putPiece(PDF, 0, 1000)
      const answer = await putPiece(PDF, 2000, 3000)
      assert.equal(answer.status, 409)
      assert.equal(answer.json.code, 'FILE_OFFSET')
      assert.equal(answer.json.received, 1000)
    })

    it('keeps what came before a piece that was damaged on its way', async () => {
      await putPiece(PDF, 0, 1000)
      const answer = await putPiece(PDF, 1000, 2000, { digest: sm3(Buffer.from('other')) })
      assert.equal(answer.json.code, 'FILE_DIGEST')
      assert.equal((await progress(PDF)).json.received, 1000)
    })

    it('keeps nothing of pieces that do not make the announced whole', async () => {
      const forged = Buffer.from(PDF)
      await putPiece(PDF, 0, 1000)
      forged[3000] = 0
      const query = new URLSearchParams({
        name: 'a.pdf',
        type: 'application/pdf',
        digest: sm3(PDF),
        offset: '1000',
        length: String(PDF.length),
      })
      const piece = forged.subarray(1000)
      const answer = await ask({
        method: 'PUT',
        path: `/v1/files?${query}`,
        body: [piece],
        digest: sm3(piece),
      })
      assert.equal(answer?.json.code, 'FILE_DIGEST')
      assert.deepEqual(await onDisk(), [])
    })

    it('goes on after a connection that was cut, and after a restart', async () => {
      await openOwn()
      await putPiece(PDF, 0, 2000)
      assert.equal(await putPiece(PDF, 2000, PDF.length, { cutAfter: 1500 }), undefined)
      await hub.stop()
      await openOwn()
      const { received } = (await progress(PDF)).json
      assert.ok(received >= 2000 && received <= 3500, `${received} bytes are there`)
      assert.equal((await putPiece(PDF, received, PDF.length)).status, 201)
    })

    it('ends the connection that its sender had given up when the sender comes again', async () => {
      const stalled = Promise.withResolvers<void>()
      const given = async function* () {
        yield PDF.subarray(0, 1000)
        await stalled.promise
        yield PDF.subarray(1000)
      }
      const path = '/v1/files?name=a.pdf&type=application/pdf'
      const headers = { 'content-length': PDF.length }
      const first = ask({ method: 'PUT', path, body: given(), digest: sm3(PDF), headers })
      const ended = assert.rejects(first, /ECONNRESET|socket hang up/)
      // Only once the hub has got hold of it: a request on its way is nothing that could be ended.
      while ((await onDisk()).length === 0) await progressOfOther()
      assert.equal((await put(PDF)).status, 201)
      await ended
      stalled.resolve()
    })

    it('takes one of many that come at once with the same file', async () => {
      const answers = await Promise.allSettled(Array.from({ length: 8 }, () => put(PDF)))
      const states = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.status : 'cut'))
      assert.ok(
        states.every((state) => state === 201 || state === 200 || state === 'cut'),
        states.join(),
      )
      assert.ok(states.some((state) => state !== 'cut'))
      assert.deepEqual(await onDisk(), [sm3(PDF)])
    })

    it('erases parts that were given up at the next start, and no younger ones', async () => {
      await openOwn()
      const given = aPdf()
      await putPiece(PDF, 0, 1000)
      await putPiece(given, 0, 1000)
      await hub.stop()
      const part = join(folder, 'files', 'parts', CITY, `${sm3(given)}.part`)
      const old = new Date(Date.now() - 25 * 3_600_000)
      await utimes(part, old, old)
      await openOwn()
      // What the start sweeps away is gone when the hub has stopped.
      await hub.stop()
      assert.deepEqual(await onDisk(sm3(given)), [])
      assert.deepEqual(await onDisk(), [`${sm3(PDF)}.part`])
    })
  })

  describe('reading', () => {
    it('gives a file to its sender, with its name, as what it is, and notes it', async () => {
      await put(PDF)
      const answer = await get(`/v1/files/${sm3(PDF)}`, CITY)
      assert.equal(answer.status, 200)
      assert.ok(answer.bytes.equals(PDF))
      assert.equal(answer.headers['content-type'], 'application/pdf')
      assert.equal(
        answer.headers['content-disposition'],
        `attachment; filename*=UTF-8''${encodeURIComponent('审查表.pdf')}`,
      )
      assert.equal(answer.headers['x-content-type-options'], 'nosniff')
      assert.deepEqual(audits('file.read'), [{ actor: CITY, details: { by: 'sender' } }])
    })

    it('has no file for others, and says it in the same words as where there is none', async () => {
      await put(PDF)
      const foreign = await get(`/v1/files/${sm3(PDF)}`, OTHER)
      const absent = await get(`/v1/files/${sm3(Buffer.from('no'))}`, OTHER)
      assert.equal(foreign.status, 404)
      assert.deepEqual(foreign.json, absent.json)
      assert.equal(audits('file.read').length, 0)
    })

    it('sends ranges, on record each', async () => {
      await put(PDF)
      const path = `/v1/files/${sm3(PDF)}`
      const size = PDF.length
      const middle = await get(path, CITY, { range: 'bytes=10-19' })
      assert.equal(middle.status, 206)
      assert.equal(middle.headers['content-range'], `bytes 10-19/${size}`)
      assert.ok(middle.bytes.equals(PDF.subarray(10, 20)))
      const rest = await get(path, CITY, { range: `bytes=${size - 5}-` })
      assert.ok(rest.bytes.equals(PDF.subarray(size - 5)))
      const end = await get(path, CITY, { range: 'bytes=-7' })
      assert.ok(end.bytes.equals(PDF.subarray(size - 7)))
      assert.deepEqual(audits('file.read')[0]?.details, { by: 'sender', first: 10, last: 19 })
      const beyond = await get(path, CITY, { range: `bytes=${size}-` })
      assert.equal(beyond.status, 416)
      assert.equal(beyond.headers['content-range'], `bytes */${size}`)
    })

    it('sends the whole where the reader has a part of another file', async () => {
      await put(PDF)
      const path = `/v1/files/${sm3(PDF)}`
      const other = await get(path, CITY, { range: 'bytes=10-19', 'if-range': '"sm3:other"' })
      assert.equal(other.status, 200)
      const same = await get(path, CITY, { range: 'bytes=10-19', 'if-range': other.headers.etag as string })
      assert.equal(same.status, 206)
    })

    it('tells size and type without the bytes', async () => {
      await put(PDF)
      const answer = await get(`/v1/files/${sm3(PDF)}`, CITY, {}, 'HEAD')
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['content-length'], String(PDF.length))
      assert.equal(answer.bytes.length, 0)
    })

    it('lets an operator read who says why, and no auditor', async () => {
      await put(PDF)
      const path = `/v1/files/${sm3(PDF)}`
      assert.equal((await get(path, 'duty-operator')).status, 400)
      const why = await get(`${path}?purpose=complaint-17`, 'duty-operator')
      assert.ok(why.bytes.equals(PDF))
      assert.deepEqual(audits('file.read'), [
        {
          actor: 'duty-operator',
          details: { by: 'operator', purpose: 'complaint-17' },
        },
      ])
      assert.equal((await get(`${path}?purpose=curious`, 'auditor')).status, 403)
    })

    it('says so where the content is gone from the disk', async () => {
      await put(PDF)
      const digest = sm3(PDF)
      await rm(join(folder, 'files', 'sm3', digest.slice(0, 2), digest.slice(2, 4), digest))
      const answer = await get(`/v1/files/${sm3(PDF)}`, CITY)
      assert.equal(answer.status, 503)
      assert.equal(answer.json.code, 'STORE_UNAVAILABLE')
      assert.equal(audits('file.read').length, 0)
    })
  })

  describe('the virus scanner', () => {
    /** A scanner that finds something where the file says so, and cannot work where the file says that. */
    const scanner = async (): Promise<string> => {
      const path = join(await ownFolder(), 'scan.sh')
      const script = [
        '#!/bin/sh',
        'if grep -q VIRUS "$1"; then echo "$1: Test.Virus FOUND"; exit 1; fi',
        `if test -e ${join(folder, 'down')}; then exit 2; fi`,
        'exit 0',
      ]
      await writeFile(path, script.join('\n'), { mode: 0o700 })
      return `command:${path}`
    }

    it('lets pass what is clean, refuses and erases what is not, and notes it', async () => {
      await openOwn({ HUB_FILES_SCAN: await scanner() })
      assert.equal((await put(PDF)).status, 201)
      const bad = Buffer.concat([PDF, Buffer.from('VIRUS')])
      const answer = await put(bad)
      assert.equal(answer.status, 422)
      assert.equal(answer.json.code, 'FILE_INFECTED')
      assert.equal(answer.json.finding, 'Test.Virus')
      assert.deepEqual(await onDisk(sm3(bad)), [])
      assert.deepEqual(audits('file.infected', bad), [
        { actor: CITY, details: { finding: 'Test.Virus', size: bad.length } },
      ])
    })

    it('takes nothing that could not be scanned, and needs no bytes again when it can', async () => {
      await openOwn({ HUB_FILES_SCAN: await scanner() })
      await writeFile(join(folder, 'down'), '')
      const answer = await put(PDF)
      assert.equal(answer.status, 503)
      assert.equal(answer.json.code, 'FILE_SCAN_UNAVAILABLE')
      assert.ok(answer.headers['retry-after'])
      assert.equal((await get(`/v1/files/${sm3(PDF)}`, CITY)).status, 404)
      await rm(join(folder, 'down'))
      assert.equal((await progress(PDF)).json.received, PDF.length)
      assert.equal((await putPiece(PDF, PDF.length, PDF.length)).status, 201)
    })
  })
})
