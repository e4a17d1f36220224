import assert from 'node:assert/strict'
import fc from 'fast-check'
import { NAME_CHARSETS, nameBytes, nameText, shownBytes, unsafeName } from './name.ts'
import { PlaceError } from './place.ts'

describe('names of files', () => {
  it('come back as they were, in every character set that has their characters', () => {
    for (const charset of NAME_CHARSETS)
      assert.equal(
        nameText(nameBytes('HN_办结结果（补正）.ofd', charset), charset),
        'HN_办结结果（补正）.ofd',
      )
    assert.throws(
      () => nameBytes('𠮷.txt', 'gbk'),
      (error) => error instanceof PlaceError && error.kind === 'name',
    )
    assert.equal(nameText(nameBytes('𠮷.txt', 'gb18030'), 'gb18030'), '𠮷.txt')
  })

  it('that are no text are not read as one', () => {
    assert.equal(nameText(nameBytes('办结', 'gbk'), 'utf-8'), undefined)
    assert.equal(shownBytes(Buffer.from('a\\é\n')), 'a\\x5c\\xc3\\xa9\\x0a')
  })

  it('cannot lead out of a folder once they are called safe', () => {
    const wild = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({ unit: fc.constantFrom('.', '/', '\\', '\0', '\n', '\x7f', '\u202e', 'a'), maxLength: 6 }),
    )
    fc.assert(
      fc.property(wild, (name) => {
        if (unsafeName(name) !== undefined) return
        assert.doesNotMatch(name, /[/\\\p{Cc}]/u)
        assert.ok(name !== '.' && name !== '..' && name !== '')
      }),
    )
  })
})
