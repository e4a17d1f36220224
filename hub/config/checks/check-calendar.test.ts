import assert from 'node:assert/strict'
import { append, type Edit, placesOf, readEdited, swap } from '../../testing/edited-topology.ts'

const file = 'calendar.yaml'

const breaks: readonly {
  readonly title: string
  readonly edit: Edit
  readonly expected: readonly string[]
}[] = [
  {
    title: 'a make-up day on a weekday',
    edit: swap('2026-05-09', '2026-05-08'),
    expected: [`CALENDAR_WEEKDAY ${file}#/years/2/makeUpDays/3`],
  },
  {
    title: 'a holiday that lies on a weekend only',
    edit: swap('from: 2024-06-10', 'from: 2024-06-09'),
    expected: [`CALENDAR_WEEKDAY ${file}#/years/0/holidays/4`],
  },
  {
    title: 'a make-up day that is a holiday as well',
    edit: swap('2026-09-20', '2026-09-26'),
    expected: [`CALENDAR_DAY_DUPLICATE ${file}#/years/2/makeUpDays/4`],
  },
  {
    title: 'holidays that share days',
    edit: swap('from: 2026-10-01', 'from: 2026-09-27'),
    expected: [`CALENDAR_DAY_DUPLICATE ${file}#/years/2/holidays/6`],
  },
  {
    title: 'a holiday of another year',
    edit: swap('from: 2026-01-01, until: 2026-01-03', 'from: 2025-12-31, until: 2026-01-02'),
    expected: [`CALENDAR_YEAR ${file}#/years/2/holidays/0`],
  },
  {
    title: 'a make-up day of another year',
    edit: swap('2026-10-10', '2027-10-10'),
    expected: [`CALENDAR_YEAR ${file}#/years/2/makeUpDays/5`],
  },
  {
    title: 'a holiday that ends before it begins',
    edit: swap('until: 2026-02-23', 'until: 2026-02-03'),
    expected: [`CALENDAR_PERIOD ${file}#/years/2/holidays/1`],
  },
  {
    title: 'a holiday of eleven months',
    edit: swap('until: 2026-02-23', 'until: 2026-12-23'),
    expected: [`CALENDAR_PERIOD ${file}#/years/2/holidays/1`],
  },
  {
    title: 'a day that does not exist',
    edit: swap('until: 2026-02-23', 'until: 2026-02-30'),
    expected: [`CONFIG_VALUE ${file}#/years/2/holidays/1/until`],
  },
  {
    title: 'a year called complete that lacks a festival',
    edit: swap('      - { name: 端午节, from: 2026-06-19, until: 2026-06-21 }\n', ''),
    expected: [`CALENDAR_INCOMPLETE ${file}#/years/2/complete`],
  },
  {
    title: 'a year that stands twice',
    edit: append('  - { year: 2026, source: 测试, holidays: [] }\n'),
    expected: [`CALENDAR_YEAR_DUPLICATE ${file}#/years/3/year`],
  },
]

describe('checkCalendar', () => {
  for (const { title, edit, expected } of breaks) {
    it(`finds ${title}`, () => {
      assert.deepEqual(placesOf(readEdited({ [file]: edit }).faults), expected)
    })
  }

  it('takes a year that is being entered and not called complete', () => {
    const { topology, faults } = readEdited({
      [file]: append('  - { year: 2027, source: 测试, holidays: [{ name: 元旦, from: 2027-01-01 }] }\n'),
    })
    assert.deepEqual(faults, [])
    assert.deepEqual(topology?.calendar.at(-1), {
      year: 2027,
      complete: false,
      source: '测试',
      holidays: ['2027-01-01'],
      makeUpDays: [],
    })
  })
})
