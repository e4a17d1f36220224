import assert from 'node:assert/strict'
import { append, type Edit, placesOf, readEdited, swap } from '../../testing/edited-topology.ts'

const changyuan = 'until: 2019-09-27, note: 长垣县（2019年撤县设市前）'

const breaks: readonly {
  readonly title: string
  readonly edit: Edit
  readonly expected: readonly string[]
}[] = [
  {
    title: 'a code that two regions have',
    edit: append("  - { code: '410100', name: { zh: 测试市, en: Test }, level: city, parent: '410000' }\n"),
    expected: ['REGION_DUPLICATE regions.yaml#/regions/28/code'],
  },
  {
    title: 'a nineteenth city',
    edit: append("  - { code: '419002', name: { zh: 测试市, en: Test }, level: city, parent: '410000' }\n"),
    expected: ['REGION_COUNT regions.yaml#/expects/cities'],
  },
  {
    title: 'nine counties where ten are expected',
    edit: swap(
      "name: { zh: 新蔡县, en: Xincai }\n    level: county\n    parent: '410000'",
      "name: { zh: 新蔡县, en: Xincai }\n    level: county\n    parent: '411700'",
    ),
    expected: ['REGION_COUNT regions.yaml#/expects/counties'],
  },
  {
    title: 'an alias that is the current code of another region',
    edit: swap("'410881'", "'410800'"),
    expected: ['REGION_ALIAS_CONFLICT regions.yaml#/regions/17/aliases/0/code'],
  },
  {
    title: 'an alias that another region has in an overlapping period',
    edit: swap(`code: '410728', ${changyuan}`, "code: '419003', from: 1990-01-01, until: 2019-09-27"),
    expected: ['REGION_ALIAS_CONFLICT regions.yaml#/regions/22/aliases/0/code'],
  },
  {
    title: 'an alias that ends before it begins',
    edit: swap('from: 1988-01-01', 'from: 1999-01-01'),
    expected: ['REGION_ALIAS_PERIOD regions.yaml#/regions/17/aliases/1'],
  },
  {
    title: 'an unknown parent',
    edit: swap(
      "name: { zh: 郑州市, en: Zhengzhou }\n    level: city\n    parent: '410000'",
      "name: { zh: 郑州市, en: Zhengzhou }\n    level: city\n    parent: '420000'",
    ),
    expected: ['REGION_PARENT_UNKNOWN regions.yaml#/regions/0/parent'],
  },
  {
    title: 'a region that reports to itself',
    edit: swap(
      "name: { zh: 郑州市, en: Zhengzhou }\n    level: city\n    parent: '410000'",
      "name: { zh: 郑州市, en: Zhengzhou }\n    level: city\n    parent: '410100'",
    ),
    expected: ['REGION_PARENT_CYCLE regions.yaml#/regions/0/parent'],
  },
  {
    title: 'a county within a prefecture that does not exist',
    edit: swap("within: '410500'", "within: '410599'"),
    expected: ['REGION_WITHIN_UNKNOWN regions.yaml#/regions/21/within'],
  },
]

describe('checkRegions', () => {
  for (const { title, edit, expected } of breaks) {
    it(`finds ${title}`, () => {
      assert.deepEqual(placesOf(readEdited({ 'regions.yaml': edit }).faults), expected)
    })
  }

  it('lets two regions have one code in periods that do not overlap', () => {
    const edit = swap(`code: '410728', ${changyuan}`, "code: '419003', from: 1997-01-01, until: 2019-09-27")
    assert.deepEqual(readEdited({ 'regions.yaml': edit }).faults, [])
  })

  it('lets regions below a node be listed, and serves them by the node above (art. 3)', () => {
    const district =
      "  - { code: '410523', name: { zh: 测试区, en: Test }, level: county, parent: '410526' }\n"
    const { topology, faults } = readEdited({ 'regions.yaml': append(district) })
    assert.deepEqual(faults, [])
    assert.equal(topology?.nodeOfRegion.get('410523'), 'county-410526')
  })
})
