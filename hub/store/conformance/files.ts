import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { FileUpload, StoredFile } from '../../contract/file-store.ts'
import type { Current } from './opened-store.ts'
import { NOW_MS } from './steps.ts'

let made = 0

function aFile(): Omit<StoredFile, 'uploads'> {
  made += 1
  const of = (algorithm: string) => createHash(algorithm).update(`file ${made}`).digest('hex')
  return { sm3: of('sm3'), sha256: of('sha256'), size: 182_044 }
}

function anUpload(wanted: Partial<FileUpload> = {}): FileUpload {
  return { system: 'shangqiu', name: '审查表.ofd', mediaType: 'application/ofd', atMs: NOW_MS, ...wanted }
}

/** Files on record: one for the same bytes, with everybody who handed it in. */
export function fileClauses(current: Current): void {
  const add = (file: Omit<StoredFile, 'uploads'>, upload: FileUpload, store = current().store) =>
    store.fileAdd({
      file,
      upload,
      audit: { atMs: NOW_MS, actor: upload.system, action: 'file.stored', subject: file.sm3, details: {} },
    })

  describe('files', () => {
    it('finds a file by either digest, and none by another', async () => {
      const { store } = current()
      const file = aFile()
      await add(file, anUpload())
      const kept = { ...file, uploads: [anUpload()] }

      assert.deepEqual(await store.fileGet({ digest: file.sm3 }), kept)
      assert.deepEqual(await store.fileGet({ digest: file.sha256 }), kept)
      assert.equal(await store.fileGet({ digest: aFile().sm3 }), undefined)
    })

    it('keeps sizes beyond 32 bits', async () => {
      const { store } = current()
      const file = { ...aFile(), size: 2 ** 40 }
      await add(file, anUpload())

      assert.equal((await store.fileGet({ digest: file.sm3 }))?.size, 2 ** 40)
    })

    it('has one file for the same bytes, and each sender once, by its id, as it spoke last', async () => {
      const { store } = current()
      const file = aFile()
      const renamed = anUpload({ system: 'zhoukou', name: '𠮷.pdf', mediaType: 'application/pdf' })
      await add(file, anUpload({ system: 'zhoukou' }))
      await add(file, anUpload({ system: 'shangqiu' }))
      await add(file, renamed)

      const { uploads } = (await store.fileGet({ digest: file.sm3 })) as StoredFile
      assert.deepEqual(uploads, [anUpload({ system: 'shangqiu' }), renamed])
    })

    it('takes the same file from many at once', async () => {
      const { store } = current()
      const file = aFile()
      const senders = Array.from({ length: 20 }, (_, index) => `city-${String(index).padStart(2, '0')}`)
      await Promise.all(senders.map((system) => add(file, anUpload({ system }))))

      const found = await store.fileGet({ digest: file.sm3 })
      assert.deepEqual(
        found?.uploads.map(({ system }) => system),
        senders,
      )
    })

    it('takes the same new file from two nodes, again and again', async function () {
      this.timeout(60_000)
      const { store, openBeside } = current()
      const nodes = [store, (await openBeside?.()) ?? store]
      const senders = ['kaifeng', 'luoyang', 'shangqiu', 'zhoukou']
      for (let round = 0; round < 50; round += 1) {
        const file = aFile()
        const calls = senders.flatMap((system) => nodes.map((node) => add(file, anUpload({ system }), node)))
        await Promise.all(calls)

        const uploads = senders.map((system) => anUpload({ system }))
        for (const node of nodes)
          assert.deepEqual(await node.fileGet({ digest: file.sha256 }), { ...file, uploads })
      }
    })

    it('has it again after it was closed and opened', async function () {
      const { reopen } = current()
      if (reopen === undefined) return this.skip()
      const file = aFile()
      await add(file, anUpload())

      assert.equal((await (await reopen()).fileGet({ digest: file.sm3 }))?.uploads.length, 1)
    })

    it('takes an audit record on its own', async () => {
      const { store } = current()
      const details = { caseNo: '41140020260930000001', note: '"\u0000' }
      await store.auditAppend({ atMs: NOW_MS, actor: 'a', action: 'file.read', subject: 's', details })
    })
  })
}
