import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { System } from '../config/topology.ts'
import { MappingError, StoreError } from '../contract/errors.ts'
import type { MaterialsDeclaration } from '../mapping/format-declaration.ts'
import { makeFileTickets } from '../materials/file-tickets.ts'
import { openFolderContent } from '../materials/folder-content.ts'
import { anAcceptance } from '../store/fixtures.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { type FileSource, filesFor } from './outbound-files.ts'

const receiver = { id: 'housing', region: '410000' } as System

describe('files of a message for its receiver', () => {
  let folder: string
  let source: FileSource
  const store = openMemoryStore()

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-outbound-'))
    source = {
      store,
      contents: await openFolderContent(join(folder, 'files')),
      tickets: makeFileTickets({
        key: Buffer.alloc(32, 1),
        clock: new VirtualClock(),
        base: () => 'https://hub.example',
      }),
    }
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const aFile = async (size = 100) => {
    const bytes = randomBytes(size)
    const [sm3 = '', sha256 = ''] = ['sm3', 'sha256'].map((name) =>
      createHash(name).update(bytes).digest('hex'),
    )
    const path = join(folder, 'part')
    await writeFile(path, bytes)
    await source.contents.take({ path, sm3, sha256, size })
    await rm(path, { force: true })
    await store.fileAdd({
      file: { sm3, sha256, size },
      upload: { system: 'shangqiu', name: 'own name.pdf', mediaType: 'application/pdf', atMs: 1 },
      audit: { atMs: 1, actor: 'shangqiu', action: 'file.stored', subject: sm3, details: {} },
    })
    return { id: `hub-file:sm3:${sm3}`, sm3, bytes }
  }
  const filesOf = (wanted: MaterialsDeclaration | undefined, ...files: readonly object[]) =>
    filesFor(anAcceptance({ data: { materials: [{ files }] } }).message, receiver, wanted, source)
  const parked =
    (code: string) =>
    (error: unknown): boolean =>
      error instanceof MappingError && error.code === code

  it('are not looked for where the format does not want them', async () => {
    const gone = { id: `hub-file:sm3:${'0'.repeat(64)}`, name: 'a' }
    for (const wanted of [undefined, { as: 'none' }] as const)
      assert.deepEqual(await filesOf(wanted, gone), { texts: {}, attachments: [] })
  })

  it('are addresses of the file, under the name that the message gives it', async () => {
    const { id, sm3 } = await aFile()
    const { texts } = await filesOf(
      { as: 'url' },
      { id, name: '审查表.pdf' },
      { id: 'F1', name: 'elsewhere' },
    )
    const address = new URL(texts.url?.(id) ?? assert.fail())
    assert.equal(address.origin + address.pathname, `https://hub.example/v1/files/${sm3}`)
    assert.equal(address.searchParams.get('name'), '审查表.pdf')
    assert.equal(address.searchParams.get('type'), 'application/pdf')
    assert.equal(address.searchParams.get('receiver'), 'housing')
    assert.equal(texts.url?.('F1'), undefined)
    assert.equal(texts.base64, undefined)
  })

  it('are in base64 as far as they may, and park the message otherwise', async () => {
    const [small, large] = [await aFile(1000), await aFile(1001)]
    const { texts } = await filesOf({ as: 'base64', maxBytes: 1000 }, { id: small.id, name: 'a' })
    assert.equal(texts.base64?.(small.id), small.bytes.toString('base64'))
    await assert.rejects(
      filesOf({ as: 'base64', maxBytes: 1000 }, { id: small.id, name: 'a' }, { id: large.id, name: 'b' }),
      parked('MAPPING_FILE_TOO_LARGE'),
    )
    const megabyte = await aFile(1024 * 1024 + 1)
    await assert.rejects(
      filesOf({ as: 'base64' }, { id: megabyte.id, name: 'a' }),
      parked('MAPPING_FILE_TOO_LARGE'),
    )
  })

  it('go with the message under plain names, each once, and are read as often as wanted', async () => {
    const [one, other] = [await aFile(), await aFile()]
    const { attachments } = await filesOf(
      { as: 'beside' },
      { id: one.id, name: '../表.pdf', mediaType: 'application/ofd' },
      { id: other.id, name: '.._表.pdf' },
      { id: one.id, name: 'again.pdf' },
    )
    assert.deepEqual(
      attachments.map(({ fileId, name, contentType, size }) => ({ fileId, name, contentType, size })),
      [
        { fileId: one.id, name: '_.._表.pdf', contentType: 'application/ofd', size: 100 },
        { fileId: other.id, name: '_.._表 (2).pdf', contentType: 'application/pdf', size: 100 },
      ],
    )
    for (let time = 0; time < 2; time++) {
      const chunks: Buffer[] = []
      for await (const chunk of (await attachments[1]?.open()) ?? []) chunks.push(chunk as Buffer)
      assert.ok(Buffer.concat(chunks).equals(other.bytes))
    }
    await assert.rejects(
      filesOf({ as: 'blob', maxBytes: 99 }, { id: one.id, name: 'a' }),
      parked('MAPPING_FILE_TOO_LARGE'),
    )
  })

  it('park the message where one is not on record, and wait where its content cannot be read', async () => {
    const unknown = { id: `hub-file:sm3:${'0'.repeat(64)}`, name: 'a' }
    await assert.rejects(filesOf({ as: 'url' }, unknown), parked('MAPPING_FILE_ABSENT'))
    const { id, sm3 } = await aFile()
    await rm(join(folder, 'files', 'sm3', sm3.slice(0, 2)), { recursive: true })
    await assert.rejects(filesOf({ as: 'base64' }, { id, name: 'a' }), StoreError)
  })
})
