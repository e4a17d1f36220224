import assert from 'node:assert/strict'
import fc from 'fast-check'
import { beijingTime } from '../contract/clock.ts'
import { openFrom } from './hours.ts'
import { Rate } from './rate.ts'

const calendar = [
  {
    year: 2026,
    complete: true,
    source: 'test',
    holidays: ['2026-10-01', '2026-10-02', '2026-10-05', '2026-10-06', '2026-10-07'],
    makeUpDays: ['2026-10-10'],
  },
]
const office = { from: '08:30', to: '18:00', days: 'working' } as const
const opens = (
  at: string,
  hours: typeof office | { from: string; to: string; days: 'all' } = office,
): string => beijingTime(openFrom(hours, calendar, Date.parse(at)))

describe('the hours of a partner', () => {
  it('are now while it is open, and the next opening while it is not', () => {
    assert.equal(opens('2026-09-30T10:00:00+08:00'), '2026-09-30T10:00:00+08:00')
    assert.equal(opens('2026-09-30T08:29:59+08:00'), '2026-09-30T08:30:00+08:00')
    assert.equal(opens('2026-09-29T18:00:00+08:00'), '2026-09-30T08:30:00+08:00')
  })

  it('leave out holidays and weekends and take in days that are worked instead', () => {
    assert.equal(opens('2026-09-30T18:00:00+08:00'), '2026-10-08T08:30:00+08:00')
    assert.equal(opens('2026-10-09T20:00:00+08:00'), '2026-10-10T08:30:00+08:00')
    assert.equal(opens('2026-10-10T20:00:00+08:00'), '2026-10-12T08:30:00+08:00')
    assert.equal(
      opens('2026-10-01T20:00:00+08:00', { from: '00:00', to: '06:00', days: 'all' }),
      '2026-10-02T00:00:00+08:00',
    )
  })

  it('never open in the past, and once open stay so', () => {
    const start = Date.parse('2026-01-01T00:00:00+08:00')
    fc.assert(
      fc.property(fc.integer({ min: start, max: start + 300 * 86_400_000 }), (nowMs) => {
        const at = openFrom(office, calendar, nowMs)
        assert.ok(at >= nowMs)
        assert.equal(openFrom(office, calendar, at), at)
      }),
    )
  })
})

describe('the rate of a destination', () => {
  it('lets a burst through and then so many a second', () => {
    const rate = new Rate({ perSecond: 2, burst: 3 }, 0)
    assert.deepEqual([rate.take(0), rate.take(0), rate.take(0), rate.take(0)], [0, 0, 0, 500])
    assert.equal(rate.take(499), 1)
    assert.equal(rate.take(500), 0)
  })

  it('never lets more through than burst plus rate times time, however it is asked', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 200 }), (waits) => {
        const rate = new Rate({ perSecond: 5, burst: 4 }, 0)
        let nowMs = 0
        let taken = 0
        for (const wait of waits) {
          nowMs += wait
          if (rate.take(nowMs) === 0) taken++
        }
        assert.ok(taken <= 4 + (nowMs / 1000) * 5 + 1e-6)
      }),
    )
  })

  it('is not filled by a clock that steps back', () => {
    const rate = new Rate({ perSecond: 1, burst: 1 }, 10_000)
    assert.equal(rate.take(10_000), 0)
    assert.ok(rate.take(1_000) > 0)
    assert.ok(rate.take(1_500) > 0)
  })
})
