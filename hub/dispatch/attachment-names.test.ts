import assert from 'node:assert/strict'
import fc from 'fast-check'
import { uniqueNames } from './attachment-names.ts'

describe('uniqueNames', () => {
  it('leaves plain names alone and tells equal ones apart, whatever their case', () => {
    assert.deepEqual(uniqueNames(['审查表.pdf', 'a.PDF', 'A.pdf', 'a.pdf', 'a (2).pdf', '无']), [
      '审查表.pdf',
      'a.PDF',
      'A (2).pdf',
      'a (3).pdf',
      'a (2) (2).pdf',
      '无',
    ])
  })

  it('makes plain names of paths, devices of a folder and odd characters', () => {
    assert.deepEqual(
      uniqueNames(['../../etc/passwd', '..', '.', '', 'C:\\a.txt', '.hidden', 'a\n.', 'x\ud800']),
      ['_.._.._etc_passwd', '_', '_ (2)', '_ (3)', 'C__a.txt', '_.hidden', 'a_', 'x\ufffd'],
    )
  })

  it('never answers a path, nor one name twice', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 30 }), (names) => {
        const unique = uniqueNames(names)
        assert.equal(unique.length, names.length)
        assert.equal(new Set(unique.map((name) => name.toLowerCase())).size, names.length)
        for (const name of unique) assert.doesNotMatch(name, /^$|^\.|[/\\\p{Cc}]/u)
      }),
    )
  })
})
