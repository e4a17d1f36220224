import assert from 'node:assert/strict'
import fc from 'fast-check'
import { refusedCharacter, scanText } from './text-scan.ts'

const never = () => false

describe('text scan', () => {
  it('takes rare characters, emoji and line breaks', () => {
    for (const text of ['测试甲', '𠮷䶮㛃', 'a\tb\r\nc', '👩‍👩‍👧', '\u{10ffff}', '\ue000', '']) {
      assert.equal(refusedCharacter(text), undefined, JSON.stringify(text))
    }
  })

  it('refuses half a surrogate pair wherever it stands', () => {
    for (const text of [
      '\ud842',
      '\udfb7',
      'a\ud842',
      '\ud842b',
      '\udfb7\ud842',
      '𠮷\ud842',
      '\ud842\ud842\udfb7',
    ]) {
      assert.equal(refusedCharacter(text), 'surrogate', JSON.stringify(text))
    }
  })

  it('refuses NUL, other controls and non-characters', () => {
    for (const text of ['\0', 'a\0b', '\x1b[31m', '\x08', '\ufffe', '\uffff']) {
      assert.equal(refusedCharacter(text), 'control', JSON.stringify(text))
    }
  })

  it('agrees with the platform on what is well-formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', '\ud800', '\udc00'), (text, half) => {
        const whole = text.slice(0, 3) + half + text.slice(3)
        fc.pre(refusedCharacter(whole) !== 'control')
        assert.equal(refusedCharacter(whole) === undefined, whole.isWellFormed())
      }),
    )
  })

  it('says where refused characters stand, keys included', () => {
    const data = { 'a/b~': [{ name: 'x\0' }], form: { 'k\0': 1, deep: ['\ud800'] } }
    const { refused } = scanText(data, (key) => key === 'form', 10)
    assert.deepEqual(
      [...refused].sort((left, right) => left.pointer.localeCompare(right.pointer)),
      [
        { pointer: '/a~1b~0/0/name', character: 'control' },
        { pointer: '/form', character: 'control' },
        { pointer: '/form/deep/0', character: 'surrogate' },
      ],
    )
  })

  it('tells no more than it was asked for', () => {
    assert.equal(scanText(new Array(50).fill('\0'), never, 7).refused.length, 7)
  })

  it('counts values, without those that are opaque', () => {
    assert.equal(scanText({ a: [1, 2], form: { b: [1, 2, 3] } }, (key) => key === 'form', 1).values, 4)
  })

  it('is not stopped by depth', () => {
    let data: unknown = '\0'
    for (let depth = 0; depth < 100_000; depth++) data = [data]
    assert.equal(scanText({ form: data }, (key) => key === 'form', 1).refused.length, 1)
  })
})
