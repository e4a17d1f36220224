import assert from 'node:assert/strict'
import { type Edit, placesOf, readEdited, remove } from '../../testing/edited-topology.ts'

const file = 'routes/housing.yaml'
const item = 'items/second-class-constructor.yaml'

/** The first occurrence only: the routes of the two items read alike. */
const first =
  (from: string, to: string): Edit =>
  (text) => {
    assert.ok(text.includes(from), from)
    return text.replace(from, () => to)
  }

const breaks: readonly {
  readonly title: string
  readonly edit: Edit
  readonly expected: readonly string[]
}[] = [
  {
    title: 'an item that is not on the list',
    edit: first("'1141000000000901362410190001000'", "'1141000000000901362410190009000'"),
    expected: [`ROUTE_ITEM_UNKNOWN ${file}#/routes/0/item`],
  },
  {
    title: 'a scenario that the item lacks',
    edit: first('[renewal, change', '[renewal, exchange'),
    expected: [`ROUTE_SCENARIO_UNKNOWN ${file}#/routes/1/scenarios/1`],
  },
  {
    title: 'a region that is no node',
    edit: first('regions: all', "regions: ['410100', '410102']"),
    expected: [`ROUTE_REGION_UNKNOWN ${file}#/routes/0/regions/1`],
  },
  {
    title: 'a system that does not exist, as decider and as copy',
    edit: (text) =>
      first(
        'decides: housing-registration',
        'decides: housing',
      )(first('copies: [housing-registration]', 'copies: [housing]')(text) ?? ''),
    expected: [
      `ROUTE_SYSTEM_UNKNOWN ${file}#/routes/0/decides`,
      `ROUTE_SYSTEM_UNKNOWN ${file}#/routes/1/copies/0`,
    ],
  },
  {
    title: 'a notice gateway as a party',
    edit: first('copies: [housing-registration]', 'copies: [sms-gateway]'),
    expected: [`ROUTE_SYSTEM_ROLE ${file}#/routes/1/copies/0`],
  },
  {
    title: 'a scenario without a route',
    edit: first(
      '[renewal, change, addition, reissue, cancellation]',
      '[renewal, change, addition, cancellation]',
    ),
    expected: [`ROUTE_MISSING ${item}#/scenarios/4`],
  },
  {
    title: 'a scenario with two routes',
    edit: first('scenarios: [initial]', 'scenarios: [initial, renewal]'),
    expected: [`ROUTE_AMBIGUOUS ${file}#/routes/1`],
  },
]

describe('checkRoutes', () => {
  for (const { title, edit, expected } of breaks) {
    it(`finds ${title}`, () => {
      assert.deepEqual(placesOf(readEdited({ [file]: edit }).faults), expected)
    })
  }

  it('find a stream as a party', () => {
    const { faults } = readEdited(
      { [file]: first('copies: [housing-registration]', 'copies: [event-stream]') },
      { environment: { HUB_AMQP_URL: 'set' } },
    )
    assert.deepEqual(placesOf(faults), [`ROUTE_SYSTEM_ROLE ${file}#/routes/1/copies/0`])
  })

  it('names every region that no route covers', () => {
    const { faults } = readEdited({ [file]: first('regions: all', "regions: ['410100', '410200']") })
    assert.deepEqual(placesOf(faults), [`ROUTE_MISSING ${item}#/scenarios/0`])
    assert.match(faults[0]?.reason ?? '', /in 26 of 28 regions: 410300, .*, 411729\.$/)
  })

  it('names every combination when all routes are gone', () => {
    const { faults } = readEdited({ [file]: remove })
    assert.equal(faults.filter(({ code }) => code === 'ROUTE_MISSING').length, 12)
  })

  it('does not call routes missing that stand in a broken file', () => {
    const { faults } = readEdited({ [file]: first('decides:', 'decide:') })
    assert.deepEqual(placesOf(faults), [
      `CONFIG_REQUIRED ${file}#/routes/0/decides`,
      `CONFIG_UNKNOWN_KEY ${file}#/routes/0/decide`,
    ])
  })
})
