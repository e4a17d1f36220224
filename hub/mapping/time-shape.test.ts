import assert from 'node:assert/strict'
import fc from 'fast-check'
import { epochOfBeijing } from '../canonical/calendar-date.ts'
import { beijingTime } from '../contract/clock.ts'
import {
  isTimeShape,
  readDate,
  readTime,
  TIME_SHAPES,
  type TimeShape,
  writeDate,
  writeTime,
} from './time-shape.ts'

const day: Readonly<Partial<Record<TimeShape, string>>> = {
  'yyyy-MM-dd': '2026-09-30',
  'yyyy/MM/dd': '2026/09/30',
  yyyyMMdd: '20260930',
}
const moment: Readonly<Partial<Record<TimeShape, string | number>>> = {
  yyyyMMddHHmmss: '20260930101205',
  'yyyy-MM-dd HH:mm:ss': '2026-09-30 10:12:05',
  'yyyy/MM/dd HH:mm:ss': '2026/09/30 10:12:05',
  yyyyMMddTHHmmss: '20260930T101205',
  'epoch-s': 1790734325,
  'epoch-ms': 1790734325000,
}
const iso = '2026-09-30T10:12:05+08:00'

describe('readTime and writeTime', () => {
  it('know every shape, both ways', () => {
    assert.deepEqual([...Object.keys(day), ...Object.keys(moment)].sort(), [...TIME_SHAPES].sort())
    for (const [shape, text] of Object.entries(moment) as [TimeShape, string | number][]) {
      assert.equal(readTime(text, shape), iso, shape)
      assert.equal(writeTime(iso, shape), text, shape)
    }
    for (const [shape, text] of Object.entries(day) as [TimeShape, string][]) {
      assert.equal(readTime(text, shape), '2026-09-30T00:00:00+08:00', shape)
      assert.equal(writeTime(iso, shape), text, shape)
    }
  })

  it('bring back any second from 1970 to 2199 in every shape that has a time of day', () => {
    const seconds = fc.integer({
      min: 0,
      max: (epochOfBeijing('2199-12-31T23:59:59+08:00') as number) / 1000,
    })
    fc.assert(
      fc.property(seconds, fc.constantFrom(...(Object.keys(moment) as TimeShape[])), (second, shape) => {
        const time = beijingTime(second * 1000)
        const written = writeTime(time, shape)
        assert.ok(typeof written !== 'object')
        assert.equal(readTime(written, shape), time)
      }),
    )
  })

  it('take a time as Beijing time whatever the zone of the machine', () => {
    assert.equal(writeTime('2026-10-01T00:30:00+08:00', 'yyyyMMdd'), '20261001')
    assert.equal(readTime('0', 'epoch-ms'), '1970-01-01T08:00:00+08:00')
  })

  it('refuse what does not exist instead of rolling it over', () => {
    const refused: [string, TimeShape, RegExp][] = [
      ['2026-02-31 10:00:00', 'yyyy-MM-dd HH:mm:ss', /no day 31 in 2026-02/],
      ['2026-02-29 10:00:00', 'yyyy-MM-dd HH:mm:ss', /no day 29/],
      ['2026-13-01 10:00:00', 'yyyy-MM-dd HH:mm:ss', /no month 13/],
      ['2026-09-30 24:00:00', 'yyyy-MM-dd HH:mm:ss', /no hour 24/],
      ['2026-09-30 23:60:00', 'yyyy-MM-dd HH:mm:ss', /no minute 60/],
      ['2026-09-30 23:59:60', 'yyyy-MM-dd HH:mm:ss', /no second 60/],
      ['0001-01-01 00:00:00', 'yyyy-MM-dd HH:mm:ss', /between 1900 and 2199/],
      // Week-year and day of the year, as one live system writes.
      ['2026-273', 'yyyy-MM-dd', /does not have the form/],
      ['Wed Sep 30 2026', 'yyyy-MM-dd', /does not have the form/],
      ['2026-9-30', 'yyyy-MM-dd', /does not have the form/],
      ['-1', 'epoch-ms', /whole number/],
      ['1790734325000', 'epoch-s', /between 1900 and 2199/],
    ]
    for (const [text, shape, why] of refused) {
      const result = readTime(text, shape)
      assert.ok(typeof result === 'object', text)
      assert.match(result.en, why)
      assert.notEqual(result.zh, '')
    }
    assert.equal(readTime('2028-02-29 10:00:00', 'yyyy-MM-dd HH:mm:ss'), '2028-02-29T10:00:00+08:00')
  })

  it('write canonical times only', () => {
    for (const text of ['2026-09-30T10:12:05Z', '2026-02-30T10:12:05+08:00', '2026-09-30']) {
      assert.ok(typeof writeTime(text, 'yyyyMMdd') === 'object', text)
    }
  })
})

describe('readDate and writeDate', () => {
  it('know every shape, both ways', () => {
    for (const [shape, text] of Object.entries(day) as [TimeShape, string][]) {
      assert.equal(readDate(text, shape), '2026-09-30', shape)
      assert.equal(writeDate('2026-09-30', shape), text, shape)
    }
    for (const shape of Object.keys(moment) as TimeShape[]) {
      const written = writeDate('2026-09-30', shape)
      assert.ok(typeof written !== 'object')
      assert.equal(readTime(written, shape), '2026-09-30T00:00:00+08:00', shape)
      assert.equal(readDate(written, shape), '2026-09-30', shape)
    }
  })

  it('refuse a day that does not exist', () => {
    assert.ok(typeof readDate('20260931', 'yyyyMMdd') === 'object')
    assert.ok(typeof writeDate('2026-09-31', 'yyyyMMdd') === 'object')
  })
})

describe('isTimeShape', () => {
  it('tells shapes from other texts', () => {
    assert.equal(isTimeShape('yyyyMMdd'), true)
    assert.equal(isTimeShape('YYYYMMDD'), false)
  })
})
