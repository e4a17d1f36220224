import assert from 'node:assert/strict'
import { retryAfterMs } from './retry-after.ts'

const NOW_MS = Date.parse('2026-09-30T02:12:05Z')

describe('Retry-After', () => {
  const table: readonly (readonly [string | undefined, number | undefined])[] = [
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['Wed, 30 Sep 2026 02:14:05 GMT', 120_000],
    ['Wednesday, 30-Sep-26 02:14:05 GMT', 120_000],
    ['Wed Sep 30 02:14:05 2026', 120_000],
    ['Sun Nov  6 08:49:37 1994', 0],
    ['Wed, 30 Sep 2026 02:00:00 GMT', 0],
    [undefined, undefined],
    ['', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['2026-09-30', undefined],
    ['Wed, 30 Sep 2026 02:14:05 +0800', undefined],
    ['99999999999999999999', undefined],
  ]
  for (const [value, expected] of table) {
    it(`reads ${JSON.stringify(value)} as ${expected}`, () => {
      assert.equal(retryAfterMs(value, NOW_MS), expected)
    })
  }
})
