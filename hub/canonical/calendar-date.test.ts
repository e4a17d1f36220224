import assert from 'node:assert/strict'
import fc from 'fast-check'
import { beijingTime } from '../contract/clock.ts'
import { epochOfBeijing, isCalendarDate } from './calendar-date.ts'

const anyInstant = fc.integer({ min: Date.UTC(1900, 0, 2), max: Date.UTC(2199, 11, 30) })

describe('calendar date', () => {
  for (const text of ['2026-02-28', '2024-02-29', '2000-02-29', '1900-01-01', '2199-12-31', '2026-09-30']) {
    it(`takes ${text}`, () => assert.equal(isCalendarDate(text), true))
  }
  for (const text of [
    '2026-02-29',
    '1900-02-29',
    '2100-02-29',
    '2026-02-31',
    '2026-04-31',
    '2026-00-10',
    '2026-13-01',
    '2026-01-00',
    '2026-01-32',
    '2026-273',
    '2026-9-30',
    '20260930',
    '2026/09/30',
    '0001-01-01',
    '9999-12-31',
    ' 2026-09-30',
    '2026-09-30\n',
    '２０２６-09-30',
    '',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(isCalendarDate(text), false))
  }

  it('agrees with the Gregorian calendar on every day of its years', () => {
    fc.assert(
      fc.property(anyInstant, (instant) => isCalendarDate(new Date(instant).toISOString().slice(0, 10))),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 1900, max: 2199 }),
        fc.integer({ min: 0, max: 19 }),
        fc.integer({ min: 0, max: 39 }),
        (year, month, day) => {
          const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
          const date = new Date(`${text}T00:00:00Z`)
          // Date rolls 31 February over into March; a day exists where nothing was rolled over.
          const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
          assert.equal(isCalendarDate(text), exists, text)
        },
      ),
    )
  })
})

describe('Beijing time', () => {
  it('reads back what the clock writes', () => {
    fc.assert(
      fc.property(anyInstant, (instant) => assert.equal(epochOfBeijing(beijingTime(instant)), instant)),
    )
  })

  it('reads the same instant as an RFC 3339 reader', () => {
    for (const text of [
      '2026-09-30T10:12:05+08:00',
      '2026-01-01T00:00:00+08:00',
      '2024-02-29T23:59:59.999+08:00',
      '2026-09-30T10:12:05.5+08:00',
    ]) {
      assert.equal(epochOfBeijing(text), Date.parse(text))
    }
  })

  it('cuts fractions below the millisecond', () => {
    assert.equal(
      epochOfBeijing('2026-09-30T10:12:05.123987654+08:00'),
      epochOfBeijing('2026-09-30T10:12:05.123+08:00'),
    )
  })

  for (const text of [
    '2026-02-31T10:00:00+08:00',
    '2026-09-30T24:00:00+08:00',
    '2026-09-30T10:60:00+08:00',
    '2026-09-30T23:59:60+08:00',
    '2026-09-30T10:12:05Z',
    '2026-09-30T10:12:05+0800',
    '2026-09-30T10:12:05+09:00',
    '2026-09-30T10:12:05',
    '2026-09-30 10:12:05',
    '2026-09-30T10:12+08:00',
    '2026-09-30t10:12:05+08:00',
    '2026-09-30',
    '1767225600',
    '',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(epochOfBeijing(text), undefined))
  }
})
