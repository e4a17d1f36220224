import assert from 'node:assert/strict'
import { loadTopology } from '../config/load-topology.ts'
import { append, readEdited, shippedTopology } from '../testing/edited-topology.ts'
import { partiesOf } from './parties.ts'

const topology = loadTopology(shippedTopology, {})
const taskCode = '1141000000000901362410190001000'

const rows: readonly (readonly [
  title: string,
  outline: {
    readonly scenario: string
    readonly jurisdictionRegion: string
    readonly origin: string
    readonly taskCode?: string
  },
  expected: ReturnType<typeof partiesOf>,
])[] = [
  [
    'the province decides 初始注册, the region gets a copy',
    { scenario: 'initial', jurisdictionRegion: '410526', origin: 'city-411300' },
    { decider: 'housing-registration', copies: ['county-410526'] },
  ],
  [
    'the region that received it gets no copy of its own submission',
    { scenario: 'initial', jurisdictionRegion: '411300', origin: 'city-411300' },
    { decider: 'housing-registration', copies: [] },
  ],
  [
    'the county decides 延续, not the prefecture it lies in; the province gets a copy',
    { scenario: 'renewal', jurisdictionRegion: '410526', origin: 'city-411300' },
    { decider: 'county-410526', copies: ['housing-registration'] },
  ],
  [
    'a region decides what it received itself',
    { scenario: 'change', jurisdictionRegion: '411300', origin: 'city-411300' },
    { decider: 'city-411300', copies: ['housing-registration'] },
  ],
  [
    'no route knows the scenario',
    { scenario: 'transfer', jurisdictionRegion: '411300', origin: 'city-411300' },
    undefined,
  ],
  [
    'no route knows the item',
    { scenario: 'initial', jurisdictionRegion: '411300', origin: 'city-411300', taskCode: 'x' },
    undefined,
  ],
  [
    'the province is nobody’s jurisdiction',
    { scenario: 'renewal', jurisdictionRegion: '410000', origin: 'city-411300' },
    undefined,
  ],
  [
    'an unknown region has no parties',
    { scenario: 'renewal', jurisdictionRegion: '420000', origin: 'city-411300' },
    undefined,
  ],
]

describe('partiesOf', () => {
  for (const [title, outline, expected] of rows) {
    it(title, () => {
      assert.deepEqual(partiesOf(topology, { taskCode, ...outline }), expected)
    })
  }

  it('finds parties for every item, scenario and node', () => {
    const found: string[] = []
    for (const [task, [item]] of topology.items) {
      for (const { code: scenario } of item?.scenarios ?? []) {
        for (const [jurisdictionRegion, node] of topology.nodeOfRegion) {
          const parties = partiesOf(topology, {
            taskCode: task,
            scenario,
            jurisdictionRegion,
            origin: 'city-410100',
          })
          found.push(parties === undefined ? 'none' : parties.decider === node ? 'region' : parties.decider)
        }
      }
    }
    const counts = Object.entries(Object.groupBy(found, (who) => who)).map(([who, all]) => [who, all?.length])
    const { region, none, ...departments } = Object.fromEntries(counts) as Record<string, number>
    assert.deepEqual([region, none], [2 * 5 * 28, undefined])
    // Of the annex the province decides one scenario of each item; other departments decide theirs in every region.
    assert.equal(departments['housing-registration'], 2 * 28)
    for (const [who, count] of Object.entries(departments)) assert.equal(count % 28, 0, who)
  })

  it('follows the routes of the region', () => {
    const local = {
      item: taskCode,
      scenarios: 'all',
      regions: ['411300'],
      decides: 'transport',
      copies: [],
      file: 'f',
    } as const
    const elsewhere = { ...local, regions: ['410526'], decides: 'jurisdiction' } as const
    const divided = { ...topology, routes: [local, elsewhere] }
    const outline = { taskCode, scenario: 'renewal', origin: 'city-410100' }
    assert.equal(partiesOf(divided, { ...outline, jurisdictionRegion: '410526' })?.decider, 'county-410526')
    assert.equal(partiesOf(divided, { ...outline, jurisdictionRegion: '411300' })?.decider, 'transport')
    assert.equal(partiesOf(divided, { ...outline, jurisdictionRegion: '410100' }), undefined)
  })

  it('sends what belongs below a node to that node (art. 3)', () => {
    const district =
      "  - { code: '410523', name: { zh: 测试区, en: Test }, level: county, parent: '410526' }\n"
    const edited = readEdited({ 'regions.yaml': append(district) }).topology
    assert.ok(edited)
    const outline = { taskCode, scenario: 'renewal', jurisdictionRegion: '410523', origin: 'city-411300' }
    assert.equal(partiesOf(edited, outline)?.decider, 'county-410526')
  })
})
