import assert from 'node:assert/strict'
import { fillPlaceholders } from './environment.ts'

const environment = { HOST: 'example', EMPTY: '' }

describe('fillPlaceholders', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['$' + '{HOST}', 'example'],
    ['a/$' + '{HOST}/$' + '{HOST}', 'a/example/example'],
    ['$' + '{ABSENT:-fallback:8080/x}', 'fallback:8080/x'],
    ['$' + '{EMPTY:-fallback}', 'fallback'],
    ['$' + '{ABSENT:-}', ''],
    ['$$' + '{HOST}', '$' + '{HOST}'],
    ['$HOST and $1', '$HOST and $1'],
  ]
  for (const [text, expected] of rows) {
    it(`makes ${text} ${expected}`, () => {
      assert.deepEqual(fillPlaceholders(text, environment, 'f'), { value: expected, faults: [] })
    })
  }

  it('does not fill in what it just filled in', () => {
    const { value } = fillPlaceholders('$' + '{A}', { A: '$' + '{HOST}', HOST: 'example' }, 'f')
    assert.equal(value, '$' + '{HOST}')
  })

  it('names each missing variable by its place', () => {
    const { faults } = fillPlaceholders(
      { a: [1, '$' + '{ABSENT}'], 'b/c': '$' + '{EMPTY}' },
      environment,
      'f',
    )
    assert.deepEqual(
      faults.map(({ code, file, path }) => [code, file, path]),
      [
        ['CONFIG_ENVIRONMENT', 'f', '/a/1'],
        ['CONFIG_ENVIRONMENT', 'f', '/b~1c'],
      ],
    )
  })

  it('refuses what only looks like a placeholder', () => {
    for (const text of ['$' + '{}', '$' + '{1A}', '$' + '{A-b}', 'x$' + '{HOST']) {
      const [fault] = fillPlaceholders(text, environment, 'f').faults
      assert.equal(fault?.code, 'CONFIG_PLACEHOLDER', text)
    }
  })

  it('takes nothing from the prototype of the environment', () => {
    const [fault] = fillPlaceholders('$' + '{toString}', {}, 'f').faults
    assert.equal(fault?.code, 'CONFIG_ENVIRONMENT')
  })
})
