import assert from 'node:assert/strict'
import { readYaml } from './read-yaml.ts'

describe('readYaml', () => {
  it('reads dates and quoted codes as texts', () => {
    assert.deepEqual(readYaml("day: 2026-10-01\ncode: '410000'\nnumber: 7\n", 'f').value, {
      day: '2026-10-01',
      code: '410000',
      number: 7,
    })
  })

  it('does not read yes and no as booleans', () => {
    assert.deepEqual(readYaml('answer: no\n', 'f').value, { answer: 'no' })
  })

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['a: 1\nb: 2\na: 3\n', 'CONFIG_YAML_DUPLICATE_KEY', /^Line 3, column 1: this key stands twice\.$/],
    ['a: [1\n', 'CONFIG_YAML', /^Line \d, /],
    ['a: 1\n---\nb: 2\n', 'CONFIG_YAML', /^Line \d, /],
    ['a: !secret x\n', 'CONFIG_YAML', /^Line 1, column 4: /],
    ['a: *nowhere\n', 'CONFIG_YAML', /nowhere/],
  ]
  for (const [text, code, reason] of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const { value, faults } = readYaml(text, 'f')
      assert.equal(value, undefined)
      assert.equal(faults[0]?.code, code)
      assert.match(faults[0]?.reason ?? '', reason)
    })
  }

  it('refuses aliases that grow without bound', () => {
    const rows = Array.from(
      { length: 12 },
      (_, level) =>
        `a${level}: &a${level} [${Array(9)
          .fill(level === 0 ? '1' : `*a${level - 1}`)
          .join(', ')}]`,
    )
    assert.equal(readYaml(`${rows.join('\n')}\n`, 'f').faults[0]?.code, 'CONFIG_YAML')
  })
})
