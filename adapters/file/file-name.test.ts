import assert from 'node:assert/strict'
import { Rejected } from '../../hub/contract/errors.ts'
import { anOutbound } from '../conformance.ts'
import { fileName, folderName, safeId } from './file-name.ts'

describe('the name of a message’s file', () => {
  const hints = { sender: 'HUB', region: '411525', kind: 'BJ', seq: '0003' }

  it('is made of hints and of the message, and the same each time', () => {
    const pattern = '{sender}_{region}_{kind}_{yyyyMMdd}_{seq}_{sequence}_{type}.{extension}'
    const name = fileName(pattern, anOutbound({ hints }))
    assert.equal(name, 'HUB_411525_BJ_20250828_0003_1_case.submitted.json')
    assert.equal(fileName(pattern, anOutbound({ hints })), name)
  })

  it('takes the day on which the hub issued the id, in Beijing', () => {
    const atMs = Date.parse('2026-09-30T16:00:00Z')
    const hex = atMs.toString(16).padStart(12, '0')
    const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7b3a-9c11-2f4a5b6c7d8e`
    assert.equal(fileName('{yyyyMMdd}', anOutbound({ messageId: id })), '20261001')
    assert.throws(() => fileName('{yyyyMMdd}', anOutbound({ messageId: 'opaque' })), Rejected)
    assert.equal(fileName('{yyyyMMdd}', anOutbound({ hints: { yyyyMMdd: '20260101' } })), '20260101')
  })

  it('tells which part is missing', () => {
    assert.throws(
      () => fileName('{seq}.txt', anOutbound()),
      (error) =>
        error instanceof Rejected &&
        error.kind === 'contract' &&
        /\{seq\}.*case\.submitted/.test(error.message),
    )
  })

  for (const value of ['../x', 'a/b', 'a\\b', 'a\nb', '\u202etxt', '..', '', '\u0000', '长'.repeat(70)])
    it(`refuses a hint that makes ${JSON.stringify(value).slice(0, 20)} of it`, () => {
      assert.throws(() => fileName('{seq}', anOutbound({ hints: { seq: value } })), Rejected)
      assert.throws(() => folderName('x/{seq}', anOutbound({ hints: { seq: value } })), Rejected)
    })

  it('refuses names that readers overlook', () => {
    assert.throws(() => fileName('.{sequence}', anOutbound()), /dot/)
  })

  it('tells ids apart that are no names', () => {
    assert.equal(safeId('0198f0c2-7d6e-7b3a'), '0198f0c2-7d6e-7b3a')
    const odd = ['a/b', 'a\\b', '..', '.hidden', '豫', 'x'.repeat(200)].map(safeId)
    assert.equal(new Set(odd).size, odd.length)
    for (const id of odd) assert.match(id, /^id-[0-9a-f]{32}$/)
  })
})
