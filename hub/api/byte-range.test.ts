import assert from 'node:assert/strict'
import fc from 'fast-check'
import { byteRangeOf } from './byte-range.ts'

describe('byteRangeOf', () => {
  for (const [header, wanted] of [
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=2-5', { first: 2, last: 5 }],
    ['bytes=2-', { first: 2, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['bytes=-99', { first: 0, last: 9 }],
    ['bytes=9-99', { first: 9, last: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-2', undefined],
    ['bytes=0-1,3-4', undefined],
    ['bytes=-', undefined],
    ['lines=1-2', undefined],
    ['bytes=a-b', undefined],
    [undefined, undefined],
  ] as const) {
    it(`reads ${header} of ten bytes`, () => assert.deepEqual(byteRangeOf(header, 10), wanted))
  }

  it('never leaves the file', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), fc.nat(1000), (text, first, last, size) => {
        for (const header of [
          text,
          `bytes=${text}`,
          `bytes=${first}-${last}`,
          `bytes=-${last}`,
          `bytes=${first}-`,
        ]) {
          const range = byteRangeOf(header, size)
          if (typeof range !== 'object') continue
          assert.ok(range.first >= 0 && range.first <= range.last && range.last < size, header)
        }
      }),
    )
  })
})
