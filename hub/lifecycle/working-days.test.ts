import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { loadTopology } from '../config/load-topology.ts'
import { shippedTopology } from '../testing/edited-topology.ts'
import {
  addDays,
  addWorkingDays,
  isWeekend,
  weekdayOf,
  workingDay,
  workingDaysBetween,
} from './working-days.ts'

const { calendar } = loadTopology(shippedTopology, {})

/** Start, working days, last day; from the State Council's notice for 2026. */
const vectors: readonly (readonly [start: string, days: number, date: string])[] = [
  ['2026-02-13', 1, '2026-02-14'],
  ['2026-02-13', 2, '2026-02-24'],
  ['2026-02-14', 2, '2026-02-25'],
  ['2026-02-15', 2, '2026-02-25'],
  ['2026-05-08', 1, '2026-05-09'],
  ['2026-09-24', 2, '2026-09-29'],
  ['2026-09-30', 1, '2026-10-08'],
  ['2026-09-30', 2, '2026-10-09'],
  ['2026-09-30', 3, '2026-10-10'],
  ['2026-09-18', 20, '2026-10-22'],
  // 2024 and 2025, and a period that crosses a year.
  ['2024-02-09', 1, '2024-02-18'],
  ['2024-09-13', 2, '2024-09-18'],
  ['2025-01-27', 1, '2025-02-05'],
  ['2025-09-30', 2, '2025-10-10'],
  ['2025-12-31', 1, '2026-01-04'],
  // 29 February.
  ['2024-02-28', 1, '2024-02-29'],
]

const dates = fc
  .date({ min: new Date('2023-06-01T00:00:00Z'), max: new Date('2027-06-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))

describe('addWorkingDays', () => {
  for (const [start, days, date] of vectors) {
    it(`lets ${days} from ${start} end on ${date}`, () => {
      assert.deepEqual(addWorkingDays(calendar, start, days), { date, provisional: false })
    })
  }

  it('marks as provisional what reaches beyond the last complete year, and goes on by the week', () => {
    assert.deepEqual(addWorkingDays(calendar, '2026-12-30', 3), { date: '2027-01-04', provisional: true })
    assert.deepEqual(addWorkingDays(calendar, '2026-12-30', 1), { date: '2026-12-31', provisional: false })
    assert.deepEqual(addWorkingDays(calendar, '2026-12-31', 1), { date: '2027-01-01', provisional: true })
  })

  it('marks as provisional what lies before the first year, and every day without a calendar', () => {
    assert.equal(addWorkingDays(calendar, '2023-09-28', 1).provisional, true)
    assert.deepEqual(addWorkingDays([], '2026-09-30', 1), { date: '2026-10-01', provisional: true })
  })

  it('uses what an incomplete year has, and says that it is provisional', () => {
    const entering = [
      ...calendar,
      { year: 2027, complete: false, source: '测试', holidays: ['2027-01-01'], makeUpDays: ['2027-01-03'] },
    ]
    assert.deepEqual(addWorkingDays(entering, '2026-12-31', 1), { date: '2027-01-03', provisional: true })
  })

  it('refuses a period without a working day', () => {
    for (const days of [0, -1, 1.5, Number.NaN])
      assert.throws(() => addWorkingDays(calendar, '2026-09-30', days), RangeError)
  })

  it('answers the same on a machine in another time zone', () => {
    const program = `
      import { addWorkingDays } from ${JSON.stringify(new URL('./working-days.ts', import.meta.url).href)}
      const { calendar, vectors } = JSON.parse(process.argv[1])
      console.log(JSON.stringify([new Date('2026-06-01T00:00:00Z').getHours(), ...vectors.map(([start, days]) => addWorkingDays(calendar, start, days).date)]))`
    const input = JSON.stringify({ calendar, vectors })
    const answers = ['America/New_York', 'Pacific/Kiritimati'].map(
      (zone) =>
        JSON.parse(
          execFileSync(process.execPath, ['--input-type=module', '-e', program, input], {
            env: { ...process.env, TZ: zone },
            encoding: 'utf8',
          }),
        ) as [number, ...string[]],
    )
    assert.deepEqual(
      answers.map(([hour]) => hour),
      [20, 14],
      'the zones were in effect',
    )
    for (const [, ...found] of answers) {
      assert.deepEqual(
        found,
        vectors.map(([, , date]) => date),
      )
    }
  })

  it('ends on a working day, counts back to the period, and splits into shorter ones', () => {
    fc.assert(
      fc.property(
        dates,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        (start, first, second) => {
          const whole = addWorkingDays(calendar, start, first + second)
          const half = addWorkingDays(calendar, start, first)
          assert.equal(workingDay(calendar, whole.date).worked, true)
          assert.equal(workingDaysBetween(calendar, start, whole.date).days, first + second)
          assert.equal(addWorkingDays(calendar, half.date, second).date, whole.date)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('workingDaysBetween', () => {
  it('counts the last day and not the first', () => {
    assert.deepEqual(workingDaysBetween(calendar, '2026-09-30', '2026-10-10'), {
      days: 3,
      provisional: false,
    })
    assert.deepEqual(workingDaysBetween(calendar, '2026-09-30', '2026-09-30'), {
      days: 0,
      provisional: false,
    })
    assert.deepEqual(workingDaysBetween(calendar, '2026-09-30', '2026-09-01'), {
      days: 0,
      provisional: false,
    })
    assert.equal(workingDaysBetween(calendar, '2026-12-31', '2027-01-01').provisional, true)
  })
})

describe('workingDay', () => {
  it('works as many days a year as the law leaves', () => {
    const worked = (year: number): number =>
      workingDaysBetween(calendar, `${year - 1}-12-31`, `${year}-12-31`).days
    // 366 − 104 weekend days − 11 holidays; 365 − 104 − 13; 365 − 104 − 13: make-up days only move them.
    assert.deepEqual([2024, 2025, 2026].map(worked), [251, 248, 248])
  })
})

describe('days', () => {
  it('go on over months, leap years and years', () => {
    assert.equal(addDays('2024-02-28', 1), '2024-02-29')
    assert.equal(addDays('2026-02-28', 1), '2026-03-01')
    assert.equal(addDays('2026-12-31', 1), '2027-01-01')
    assert.equal(addDays('2026-01-01', -1), '2025-12-31')
  })

  it('know their weekday', () => {
    assert.equal(weekdayOf('2026-10-10'), 6)
    assert.deepEqual(['2026-10-09', '2026-10-10', '2026-10-11', '2026-10-12'].map(isWeekend), [
      false,
      true,
      true,
      false,
    ])
  })
})
