import assert from 'node:assert/strict'
import type { Fault } from '../contract/errors.ts'
import type { Store } from '../contract/store.ts'
import { anAcceptance } from '../store/fixtures.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { referenceFaults } from './check-references.ts'
import { fault } from './faults.ts'

const SM3 = 'a'.repeat(64)
const SHA256 = 'b'.repeat(64)
const ID = `hub-file:sm3:${SM3}`

const withFile = (reference: object) => ({
  materials: [{ name: '审查表', files: [{ id: 'F1', name: 'x' }, reference] }],
})

describe('references to files of the hub', () => {
  let store: Store

  beforeEach(async () => {
    store = openMemoryStore()
    await store.fileAdd({
      file: { sm3: SM3, sha256: SHA256, size: 10 },
      upload: { system: 'shangqiu', name: '审查表.pdf', mediaType: 'application/pdf', atMs: 1 },
      audit: { atMs: 1, actor: 'shangqiu', action: 'file.stored', subject: SM3, details: {} },
    })
  })

  const found = async (
    sender: string,
    reference: object,
    caseNo?: string,
    formal: readonly Fault[] = [],
  ): Promise<string[]> => {
    const faults = await referenceFaults(store, { sender, caseNo, data: withFile(reference) }, formal)
    return faults.map(({ code, pointer }) => `${code} ${pointer}`)
  }
  const PLACE = '/materials/0/files/1'

  it('hold where the sender has handed the file in, and it is what the message says', async () => {
    for (const digest of [
      undefined,
      { algorithm: 'sm3', value: SM3 },
      { algorithm: 'sha256', value: SHA256 },
    ]) {
      assert.deepEqual(await found('shangqiu', { id: ID, name: 'a.pdf', size: 10, digest }), [])
    }
  })

  it('do not hold where another has, unless a message of the same case names it already', async () => {
    assert.deepEqual(await found('zhoukou', { id: ID, name: 'a' }), [`FILE_UNKNOWN ${PLACE}/id`])
    const acceptance = anAcceptance({ system: 'shangqiu', data: withFile({ id: ID, name: 'a' }) })
    await store.messageAccept(acceptance)
    const { caseNo } = acceptance.case
    assert.deepEqual(await found('human-resources', { id: ID, name: 'a' }, caseNo), [])
    const other = anAcceptance()
    await store.messageAccept(other)
    assert.deepEqual(await found('human-resources', { id: ID, name: 'a' }, other.case.caseNo), [
      `FILE_UNKNOWN ${PLACE}/id`,
    ])
  })

  it('do not hold by the other digest, in capital letters, or cut short', async () => {
    for (const id of [
      `hub-file:sm3:${SHA256}`,
      `hub-file:sm3:${SM3.toUpperCase()}`,
      ID.slice(0, -1),
      'hub-file:',
    ])
      assert.deepEqual(await found('shangqiu', { id, name: 'a' }), [`FILE_UNKNOWN ${PLACE}/id`], id)
  })

  it('are told where size and digest differ, each', async () => {
    const digest = { algorithm: 'sha256', value: SM3 }
    assert.deepEqual(await found('shangqiu', { id: ID, name: 'a', size: 11, digest }), [
      `FILE_DIFFERS ${PLACE}/size`,
      `FILE_DIFFERS ${PLACE}/digest/value`,
    ])
  })

  it('are not judged where their form is wrong already', async () => {
    const formal = [fault('FIELD_TYPE', `${PLACE}/digest`, '应为对象', 'an object is expected')]
    assert.deepEqual(await found('zhoukou', { id: ID, name: 'a', digest: null }, undefined, formal), [])
  })

  it('elsewhere are nobody’s business', async () => {
    for (const id of ['F1', 'https://disk.example/1', '', 'HUB-FILE:sm3:x'])
      assert.deepEqual(await found('zhoukou', { id, name: 'a' }), [], id)
  })
})
