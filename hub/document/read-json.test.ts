import assert from 'node:assert/strict'
import fc from 'fast-check'
import { IntakeError } from '../contract/errors.ts'
import { readJson } from './read-json.ts'

function refusal(text: string): IntakeError {
  try {
    readJson(text)
  } catch (error) {
    assert.ok(error instanceof IntakeError)
    return error
  }
  assert.fail(`accepted: ${text.slice(0, 80)}`)
}

describe('readJson', () => {
  it('reads what JSON.parse reads, when nothing is wrong with it', () => {
    const plain = fc
      .jsonValue({ maxDepth: 6 })
      .filter((value) => !JSON.stringify(value).includes('__proto__'))
    fc.assert(
      fc.property(plain, fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(
          value,
          (_, part) => (typeof part === 'number' && !Number.isSafeInteger(part) ? 0.5 : part),
          indent,
        )
        assert.deepEqual(readJson(text), JSON.parse(text))
      }),
    )
  })

  it('names line and column where the text stops being JSON', () => {
    assert.deepEqual(refusal('{\n "a": 1,\n "b": x }').details, { offset: 17, line: 3, column: 7 })
    assert.equal(refusal('{"a":').code, 'REQUEST_NOT_JSON')
    assert.equal(refusal('').code, 'REQUEST_NOT_JSON')
  })

  it('refuses a key that stands twice, however it is spelt', () => {
    for (const text of ['{"x":[{"a":1,"a":2}]}', '{"x":[{"a":1,"\\u0061":2}]}']) {
      const error = refusal(text)
      assert.equal(error.code, 'REQUEST_DUPLICATE_KEY')
      assert.equal(error.faults[0]?.source, 'x[0].a')
    }
    assert.deepEqual(readJson('{"a":{"a":1},"b":[{"a":1},{"a":2}]}'), {
      a: { a: 1 },
      b: [{ a: 1 }, { a: 2 }],
    })
  })

  it('refuses numbers that would lose digits and takes the largest that does not', () => {
    const error = refusal('{"body":{"list":[1,{"id":410101190001010015}]}}')
    assert.equal(error.code, 'REQUEST_UNSAFE_INTEGER')
    assert.equal(error.faults[0]?.source, 'body.list[1].id')
    assert.equal(refusal('[1e999]').code, 'REQUEST_UNSAFE_INTEGER')
    assert.deepEqual(readJson('[9007199254740991,-9007199254740991,1.5e300,"410101190001010015"]'), [
      9007199254740991,
      -9007199254740991,
      1.5e300,
      '410101190001010015',
    ])
  })

  it('refuses nesting beyond the limit without falling over', () => {
    assert.equal(refusal('['.repeat(200_000) + ']'.repeat(200_000)).code, 'REQUEST_TOO_DEEP')
    assert.equal(refusal(`${'['.repeat(200_000)}x`).code, 'REQUEST_TOO_DEEP')
    assert.doesNotThrow(() => readJson('['.repeat(64) + ']'.repeat(64)))
    assert.equal(refusal('['.repeat(65) + ']'.repeat(65)).code, 'REQUEST_TOO_DEEP')
  })

  it('is not fooled by quotes and backslashes inside strings', () => {
    const value = { 'a"}{[,': 'x\\"]}', b: '\\\\', c: ['"', '1e999', '410101190001010015123'] }
    assert.deepEqual(readJson(JSON.stringify(value)), value)
  })

  it('refuses the key __proto__', () => {
    assert.equal(refusal('{"__proto__":{"admin":true}}').code, 'REQUEST_NOT_JSON')
  })
})
